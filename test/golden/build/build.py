#!/usr/bin/python3
"""Writes every golden case beside this folder from the tables in this folder: build.py [--check]

Needs python3-scapy. The expected frames come from the RFCs by scapy, never from the relay.
With --check nothing is written; the exit code tells whether the committed files are what the tables say.
"""
import filecmp
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import network  # noqa: E402
for room in ('encapsulate', 'decapsulate', 'icmp', 'fragments', 'neighbours', 'vlan', 'hostile'):
    __import__(room)

here = network.OUT
check = '--check' in sys.argv
with tempfile.TemporaryDirectory() as fresh:
    network.OUT = Path(fresh)
    written = {c.write().name for c in network.CASES.values()}
    kept = {d.name for d in here.iterdir() if (d / 'config.conf').exists()}
    stale = sorted(kept - written)
    changed = sorted(n for n in written if not (here / n).exists() or filecmp.dircmp(here / n, Path(fresh) / n).diff_files)
    if check:
        print('\n'.join(f'differs: {n}' for n in stale + changed) or f'{len(written)} golden cases are as the tables say')
        sys.exit(bool(stale or changed))
    for name in stale:
        shutil.rmtree(here / name)
    for name in changed:
        shutil.copytree(Path(fresh) / name, here / name, dirs_exist_ok=True)
print(f'{len(written)} golden cases, {len(changed)} written, {len(stale)} removed')
