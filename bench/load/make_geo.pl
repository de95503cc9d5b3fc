#!/usr/bin/perl
# Writes a MaxMind DB of invented networks, large enough that a look-up has work to do.
# Usage: make_geo.pl FILE NETWORKS      Needs libmaxmind-db-writer-perl.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($file, $networks) = @ARGV;
my %type_of = (country => 'map', iso_code => 'utf8_string', names => 'map', en => 'utf8_string', city => 'map',
               location => 'map', latitude => 'double', longitude => 'double', time_zone => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => 6, record_size => 28, database_type => 'Invented-City', languages => ['en'],
    description => { en => 'Invented' }, alias_ipv6_to_ipv4 => 1, remove_reserved_networks => 0,
    map_key_type_callback => sub { $type_of{ $_[0] } },
);
my @places = (['CH', 'Bern', 'Europe/Zurich', 46.9, 7.4], ['GB', 'London', 'Europe/London', 51.5, -0.1],
              ['US', 'Boston', 'America/New_York', 42.4, -71.1], ['JP', 'Osaka', 'Asia/Tokyo', 34.7, 135.5],
              ['BR', 'Recife', 'America/Recife', -8.1, -34.9], ['IN', 'Pune', 'Asia/Kolkata', 18.5, 73.9]);
for my $number (0 .. $networks - 1) {
    my ($country, $city, $zone, $latitude, $longitude) = @{ $places[ ($number * 7 + $number / 11) % @places ] };
    my $address = (11 << 24) + $number * int((100 << 24) / $networks);
    my $network = join('.', unpack('C4', pack('N', $address & 0xfffffc00))) . '/22';
    $tree->insert_network($network, {
        country => { iso_code => $country, names => { en => $country } }, city => { names => { en => "$city $number" } },
        location => { latitude => $latitude, longitude => $longitude, time_zone => $zone } });
}
open my $out, '>:raw', $file or die "$file: $!";
$tree->write_tree($out);
close $out or die $!;
