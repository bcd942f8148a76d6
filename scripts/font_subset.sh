#!/usr/bin/env bash
# Makes the figures' fonts in crates/report/assets: subsets of DejaVu Sans as matplotlib ships it.
# Usage: scripts/font_subset.sh (needs python3 with venv, and PyPI)
#
# The same versions give the same bytes. A figure's bytes depend on the font: draw the committed
# figures again after a change here.
set -euo pipefail
assets=$(cd "$(dirname "$0")/../crates/report/assets" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q fonttools==4.68.0
"$work/venv/bin/pip" download -q --no-deps --dest "$work" matplotlib==3.11.2
(cd "$work" && python3 -m zipfile -e matplotlib-*.whl wheel)
fonts=$work/wheel/matplotlib/mpl-data/fonts/ttf

# Without U+00AD, which is drawn as nothing, and without combining marks: a text is composed (NFC)
# before it is drawn, and what has no composed form is shown as its code points.
unicodes=(
    U+0020-007E U+00A0-00AC U+00AE-02FF # Latin with Extended-A and -B, phonetic letters
    U+0370-03FF U+1F00-1FFF             # Greek, with accents
    U+0400-052F                         # Cyrillic
    U+1E00-1EFF                         # Latin Extended Additional: Vietnamese
    U+2010-2015 U+2018-201E U+2020-2022 U+2026 U+2030 U+2032-2033 U+2039-203A # punctuation
    U+2070-209C U+20A0-20BF U+2100-214E # super- and subscripts, currencies, letter-like signs
    U+2190-21FF U+2200-22FF             # arrows, mathematics
    U+2308-230B U+25A0-25FF U+27E8-27E9 # brackets, geometric shapes
)

subset() { # FONT LIST
    "$work/venv/bin/pyftsubset" "$fonts/$1.ttf" --output-file="$assets/$1-subset.ttf" --no-hinting \
        --desubroutinize --layout-features=kern --name-IDs='*' --unicodes="$2"
}

subset DejaVuSans "$(IFS=,; echo "${unicodes[*]}")"
subset DejaVuSans-Bold U+0061-007A # the letters of panels
cp "$fonts/LICENSE_DEJAVU" "$assets/LICENSE-DejaVu.txt"
ls -l "$assets"
