#!/usr/bin/env bash
# Draws the same texts at 95 pixels with the qrencode command and npm's qrcode, and lets qr_robustness
# compare how many distorted images are read. Usage: robustness.sh QR_ROBUSTNESS   (ctest -R qr_robustness)
# Needs: qrencode (Debian package), npm and its registry for qrcode 1.5.4.
set -euo pipefail
program=$1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
command -v qrencode >/dev/null || { echo "qrencode is missing (Debian package qrencode)" >&2; exit 1; }
command -v npm >/dev/null || { echo "npm is missing (Debian package npm)" >&2; exit 1; }

mkdir -p "$folder/codes/qrencode" "$folder/codes/npm-qrcode" "$folder/npm"
cat >"$folder/codes/texts.txt" <<'TEXTS'
https://TN.GG/ABCDEFGHKM
https://TN.GG/0123456789
https://TN.GG/NPQRSTUVWX
https://TN.GG/Y9M3K5A7C1
https://TN.GG/E4E4G6H8Q2
TEXTS
npm install --silent --no-audit --no-fund --prefix "$folder/npm" qrcode@1.5.4 >/dev/null

# qrencode knows only whole modules: 2 pixels each, and the border that comes nearest to 95 pixels.
number=0
while read -r text; do
    qrencode -l Q -s 2 -m 11 -o "$folder/codes/qrencode/$number.png" "$text"
    number=$((number + 1))
done <"$folder/codes/texts.txt"

NODE_PATH="$folder/npm/node_modules" node -e '
const fs = require("fs"), qrcode = require("qrcode"), folder = process.argv[1];
const texts = fs.readFileSync(folder + "/texts.txt", "utf8").trim().split("\n");
texts.forEach((text, n) => qrcode.toFile(`${folder}/npm-qrcode/${n}.png`, text,
    {width: 95, errorCorrectionLevel: "Q"}, failure => { if (failure) throw failure; }));
' "$folder/codes"

"$program" "$folder/codes"
