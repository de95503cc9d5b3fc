#!/usr/bin/env bash
# Codes per second beside other generators, each as it is used: ours, libqrencode with cairo and qrcodegen in
# one process (qr_bench); npm's qrcode in one node process; the qrencode command, one process per image.
# Usage: bench/qr/peers.sh QR_BENCH    (of the preset bench; see bench/qr/RESULTS.md)
# Needs: qrencode (Debian package), npm and its registry for qrcode 1.5.4.
set -euo pipefail
bench=$1
images=200

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
command -v qrencode >/dev/null || { echo "qrencode is missing (Debian package qrencode)" >&2; exit 1; }
npm install --silent --no-audit --no-fund --prefix "$folder" qrcode@1.5.4 >/dev/null

"$bench" --benchmark_repetitions=7 --benchmark_min_time=0.1 --benchmark_enable_random_interleaving=true \
    --benchmark_format=json --benchmark_filter='draw|encode|sheet' 2>/dev/null >"$folder/bench.json"
python3 - "$folder/bench.json" <<'PY'
import collections, json, sys
times, sizes = collections.defaultdict(list), {}
for run in json.load(open(sys.argv[1]))["benchmarks"]:
    if run["run_type"] != "iteration":
        continue
    scale = {"ns": 1e-3, "us": 1, "ms": 1e3}[run["time_unit"]]
    times[run["run_name"]].append(run["cpu_time"] * scale)
    sizes[run["run_name"]] = run.get("bytes")
print(f"{'one process':40} {'us (least of 7)':>16} {'per second':>12} {'bytes':>10}")
for name, values in times.items():
    size = f"{sizes[name]:.0f}" if sizes[name] else ""
    print(f"{name:40} {min(values):16.2f} {1e6 / min(values):12.0f} {size:>10}")
PY

NODE_PATH="$folder/node_modules" node -e '
const qrcode = require("qrcode");
const level = {errorCorrectionLevel: "Q"};
const url = n => "https://TN.GG/" + String(1e9 + n);
const jobs = {
    "npm qrcode png/95": n => qrcode.toBuffer(url(n), {...level, width: 95}),
    "npm qrcode png/800": n => qrcode.toBuffer(url(n), {...level, width: 800}),
    "npm qrcode svg/95": n => qrcode.toString(url(n), {...level, width: 95, type: "svg"}),
};
(async () => {
    for (const [name, job] of Object.entries(jobs)) {
        const count = name.endsWith("800") ? 30 : 300;
        let best = Infinity, bytes = 0;
        for (let repeat = 0; repeat < 5; ++repeat) {
            const start = process.cpuUsage();
            for (let n = 0; n < count; ++n) bytes = (await job(n)).length;
            const used = process.cpuUsage(start);
            best = Math.min(best, (used.user + used.system) / count);
        }
        console.log(`${name.padEnd(40)} ${best.toFixed(2).padStart(16)} ${(1e6 / best).toFixed(0).padStart(12)} ${String(bytes).padStart(10)}`);
    }
})();'

for type in PNG SVG; do
    start=$(date +%s%N)
    for ((n = 0; n < images; ++n)); do
        qrencode -t "$type" -l Q -s 3 -m 3 -o "$folder/out" "https://TN.GG/$((1000000000 + n))"
    done
    nanoseconds=$((($(date +%s%N) - start) / images))
    printf '%-40s %16.2f %12d %10d\n' "qrencode command $type (wall clock)" \
        "$((nanoseconds / 1000)).$((nanoseconds % 1000 / 10))" "$((1000000000 / nanoseconds))" \
        "$(stat -c %s "$folder/out")"
done
