#!/usr/bin/perl
# Writes the small MaxMind DB files that geo_test.cpp reads. Usage: make_geo_files.pl FOLDER
# Needs libmaxmind-db-writer-perl. The addresses are those of RFC 5737 and RFC 3849, and some real
# prefixes; the data are invented.
use strict;
use warnings;
use utf8;
use MaxMind::DB::Writer::Tree;

my ($folder) = @ARGV or die "usage: $0 FOLDER\n";

my %type_of = (
    (map { $_ => 'utf8_string' }
        qw(iso_code en time_zone country_code city_name state1 timezone database_type)),
    (map { $_ => 'double' } qw(latitude longitude)),
    (map { $_ => 'map' } qw(country names location continent)),
    subdivisions             => [ 'array', 'map' ],
    autonomous_system_number => 'uint32',
);

# write_file NAME, IP VERSION, LAYOUT, { network => data, ... }
# `city` is a map in the nested layout and a text in the flat one.
sub write_file {
    my ($name, $version, $layout, $networks) = @_;
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version               => $version,
        record_size              => 24,
        database_type            => "Test-$layout",
        languages                => ['en'],
        description              => { en => 'Invented' },
        alias_ipv6_to_ipv4       => $version == 6 ? 1 : 0,
        remove_reserved_networks => 0,
        map_key_type_callback    => sub {
            return $layout eq 'flat' ? 'utf8_string' : 'map' if $_[0] eq 'city';
            return 'float' if $layout eq 'floats' && $_[0] =~ /itude$/;
            return $type_of{ $_[0] } // die "no type for $_[0]";
        },
    );
    # Short prefixes first, since a later network overwrites what it covers.
    my @networks = sort { ($a =~ m{/(\d+)})[0] <=> ($b =~ m{/(\d+)})[0] } keys %$networks;
    $tree->insert_network($_, $networks->{$_}) for @networks;
    open my $file, '>:raw', "$folder/$name.mmdb" or die "$folder/$name.mmdb: $!";
    $tree->write_tree($file);
    close $file or die $!;
}

sub nested {
    my ($country, $region, $city, $latitude, $longitude, $zone) = @_;
    my %data = (country => { iso_code => $country, names => { en => 'x' } });
    $data{subdivisions} = [ { iso_code => 'X', names => { en => $region } } ] if defined $region;
    $data{city} = { names => { en => $city } } if defined $city;
    $data{location} = { latitude => $latitude, longitude => $longitude } if defined $latitude;
    $data{location}{time_zone} = $zone if defined $zone;
    return \%data;
}

sub flat {
    my ($country, $region, $city, $latitude, $longitude, $zone) = @_;
    my %data = (country_code => $country);
    $data{state1}    = $region    if defined $region;
    $data{city}      = $city      if defined $city;
    $data{latitude}  = $latitude  if defined $latitude;
    $data{longitude} = $longitude if defined $longitude;
    $data{timezone}  = $zone      if defined $zone;
    return \%data;
}

my @berlin    = ('DE', 'Land Berlin', 'Berlin', 52.52, 13.405, 'Europe/Berlin');
my @tokyo     = ('JP', 'Tokyo', 'Tokyo', 35.68, 139.69, 'Asia/Tokyo');
my @sao_paulo = ('BR', 'São Paulo', 'São Paulo', -23.55, -46.63, 'America/Sao_Paulo');
my @bern      = ('CH', undef, 'Bern');                               # a country with one zone
my @seattle   = ('US', 'Washington', 'Seattle', 47.61, -122.33);     # coordinates, no zone
my @nowhere   = ('US');
my @odd       = ('QQQ', undef, undef, 91, 10, 'Mars/Olympus');       # nothing here is valid

my %rows = (
    '192.0.2.0/24'      => \@berlin,
    '198.51.100.0/25'   => \@tokyo,
    '198.51.100.128/32' => \@sao_paulo,
    '203.0.113.0/28'    => \@bern,
    '203.0.113.16/28'   => \@seattle,
    '203.0.113.32/28'   => \@nowhere,
    '203.0.113.48/28'   => \@odd,
    '10.0.0.0/8'        => \@berlin,
    '255.255.255.255/32' => \@tokyo,
    '0.0.0.0/8'         => \@tokyo,
);
my %rows6 = (
    %rows,
    '2001:db8::/32'                => \@berlin,
    '2001:db8:1::/48'              => \@tokyo,
    '2001:db8:2:3:4:5:6:7/128'     => \@sao_paulo,
    '2400::/12'                    => \@seattle,
    'fd00::/8'                     => \@berlin,
);
my $rows_by = sub {
    my ($layout, $rows) = @_;
    return { map { $_ => $layout->(@{ $rows->{$_} }) } keys %$rows };
};

write_file('nested',     6, 'nested',  $rows_by->(\&nested, \%rows6));
write_file('flat',       6, 'flat',    $rows_by->(\&flat,   \%rows6));
write_file('flat_ipv4',  4, 'flat',    $rows_by->(\&flat,   \%rows));
write_file('country',    6, 'country', { '192.0.2.0/24' => { country => { iso_code => 'FR' } } });
write_file('floats',     6, 'floats',  { '192.0.2.0/24' => flat($berlin[0], undef, undef, @berlin[3, 4]) });
write_file('asn',        6, 'asn', { '192.0.2.0/24' => { autonomous_system_number => 64496 } });
