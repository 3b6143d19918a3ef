// Older configurations of Snabb's lwAFTR come over: whole results, whole reports, and what comes out loads.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openText } from '../../src/cli/offline.js'
import { lwaftr } from './lwaftr.js'

/** Migrates the files, of which the first is named, and makes sure that the result loads. */
function migrate(t: Test, files: Readonly<Record<string, string>>, ...options: string[]) {
  const directory = t.testdir(files)
  const first = join(directory, Object.keys(files)[0] ?? '')
  const { status, stdout, stderr } = lwaftr('migrate-configuration', ...options, first)
  return { status, stdout, report: stderr.replaceAll(`${directory}/`, '') }
}

const queue = `    queue {
      id 0;
      external-interface {
        ip 10.10.10.10;
        mac 12:12:12:12:12:12;
        vlan-tag 42;
        next-hop {
          mac 68:68:68:68:68:68;
        }
      }
      internal-interface {
        ip 8:9:a:b:c:d:e:f;
        mac 22:22:22:22:22:22;
        vlan-tag 64;
        next-hop {
          ip 7:8:9:a:b:c:d:e;
        }
      }
    }
`

const softwires = `    softwire {
      ipv4 178.79.150.1;
      psid 0;
      br-address 8:9:a:b:c:d:e:f;
      b4-ipv6 127:10:20:30:40:50:60:128;
      port-set {
        psid-length 0;
      }
    }
    softwire {
      ipv4 178.79.150.233;
      psid 22;
      br-address 1e:1:1:1:1:1:1:af;
      b4-ipv6 127:11:12:13:14:15:16:128;
      port-set {
        psid-length 6;
        reserved-ports-bit-count 4;
      }
    }
  }
}
`

const reserved =
  'reserved-ports-bit-count 4 (softwires: 1) keeps the ports below 4096 from them (RFC 7597), where Snabb kept those below 16\n'

const interfaces = `  external-interface {
    ip 10.10.10.10;
    mac 12:12:12:12:12:12;
    vlan-tag 42;
    mtu 1480;
    allow-incoming-icmp false;
    next-hop { ip 1.2.3.4; mac 68:68:68:68:68:68; }
    error-rate-limiting { packets 600000; }
  }
  internal-interface {
    ip 8:9:a:b:c:d:e:f;
    mac 22:22:22:22:22:22;
    vlan-tag 64;
    next-hop { ip 7:8:9:a:b:c:d:e; }
    hairpinning false;
  }
`

const bindingTable = (br: string) => `  binding-table {
    softwire { ipv4 178.79.150.1; psid 0; b4-ipv6 127:10:20:30:40:50:60:128; }
    softwire { ipv4 178.79.150.233; psid 22; padding 0; br ${br}; b4-ipv6 127:11:12:13:14:15:16:128; }
    br-address 8:9:a:b:c:d:e:f;
    br-address 1E:1:1:1:1:1:1:af;
    psid-map { addr 178.79.150.2; end-addr 178.79.150.255; psid-length 6; shift 6; }
    psid-map { addr 178.79.150.0; end-addr 178.79.150.1; psid-length 0; }
  }
`

/** Of what is above. */
const expected = (devices: string) => `softwire-config {
  instance {
${devices}${queue}  }
  external-interface {
    mtu 1480;
    allow-incoming-icmp false;
    error-rate-limiting {
      packets 600000;
    }
  }
  internal-interface {
    hairpinning false;
  }
  binding-table {
${softwires.replace('psid 22;\n', 'psid 22;\n      padding 0;\n')}`

const placeholders = '    device INTERNAL-DEVICE;\n    external-device EXTERNAL-DEVICE;\n'
const noDevices =
  'the file names no devices: put their names in place of INTERNAL-DEVICE and EXTERNAL-DEVICE; ' +
  'on a stick, take external-device out\n'
const nextHop = (line: number) =>
  `left out: line ${line}: external-interface next-hop ip 1.2.3.4: its MAC address is given as well, and only one of them can be\n`

t.test(
  'a binding table by br numbers and a psid-map, interfaces without an instance: all releases up to 3.2.0',
  async (t) => {
    const whole = `softwire-config {\n${interfaces}${bindingTable('2')}}\n`
    const report = (line: number) => `${reserved}${noDevices}${nextHop(line)}`
    t.same(
      migrate(t, { 'old.conf': whole }),
      { status: 0, stdout: expected(placeholders), report: report(8) },
      'snabb-softwire-v1',
    )
    t.same(
      migrate(t, { 'old.conf': `${interfaces}${bindingTable('2')}` }, '-f', '3.0.1'),
      { status: 0, stdout: expected(placeholders), report: report(7) },
      '3.0.1, without softwire-config around it',
    )
    t.same(
      migrate(t, { 'old.conf': `softwire-config {\n${interfaces}}\n${bindingTable('1')}` }, '--from=3.0.1.1'),
      { status: 0, stdout: expected(placeholders), report: report(8) },
      '3.0.1.1, which counted from 0, with the binding table beside softwire-config',
    )
    t.same(
      migrate(t, { 'old.conf': whole }, '--device', 'eth1'),
      { status: 0, stdout: expected('    device eth1;\n'), report: `${reserved}${nextHop(8)}` },
      'on a stick',
    )
    t.same(
      migrate(t, { 'old.conf': whole }, '--device', '01:00.0', '--external-device', '02:00.0').stdout,
      expected('    device 01:00.0;\n    external-device 02:00.0;\n'),
    )
  },
)

t.test(
  'a configuration from before YANG, with its binding table and filters in files beside it',
  async (t) => {
    const legacy = `# Before YANG
aftr_ipv4_ip = 10.10.10.10
aftr_ipv6_ip = 8:9:a:b:c:d:e:f, aftr_mac_b4_side = 22:22:22:22:22:22
aftr_mac_inet_side = 12:12:12:12:12:12
inet_mac = 68:68:68:68:68:68
next_hop_ipv6_addr = 7:8:9:a:b:c:d:e
binding_table = "table.txt"
hairpinning = FALSE
icmpv6_rate_limiter_n_packets=3e5
icmpv6_rate_limiter_n_seconds=4
ipv4_mtu = 1480
policy_icmpv4_incoming = DROP
policy_icmpv6_outgoing = ALLOW
ipv4_ingress_filter = "ip and not port 25"
ipv6_egress_filter = <v6.pf
vlan_tagging = true
v4_vlan_tag = 42
v6_vlan_tag = 64
`
    const table = `psid_map {
  178.79.150.1 { psid_length=0 } # all of it
  178.79.150.2-178.79.150.200, 178.79.150.233 { psid_length=6, shift=6 }
}
br_addresses {
  8:9:a:b:c:d:e:f,
  1E:1:1:1:1:1:1:af
}
softwires {
  { ipv4=178.79.150.1, b4=127:10:20:30:40:50:60:128 }
  { ipv4=178.79.150.233, psid=22, b4=127:11:12:13:14:15:16:128, aftr=1 }
  { ipv4=178.79.150.210, psid=1, b4=127::1 }
  { ipv4=178.79.150.233, psid=64, b4=127::2 }
  { ipv4=178.79.150.233, psid=23, b4=127::3, aftr=2 }
}
`
    const files = { 'old.conf': legacy, 'table.txt': table, 'v6.pf': 'ip6 and not\nport 25\n' }
    const { status, stdout, report } = migrate(t, files)
    t.equal(
      stdout,
      `softwire-config {
  instance {
${placeholders}${queue}  }
  external-interface {
    mtu 1480;
    ingress-filter "ip and not port 25";
    allow-incoming-icmp false;
    error-rate-limiting {
      packets 600000;
    }
    reassembly {
      max-fragments-per-packet 40;
    }
  }
  internal-interface {
    egress-filter "ip6 and not\\nport 25";
    generate-icmp-errors true;
    error-rate-limiting {
      packets 300000;
      period 4;
    }
    reassembly {
      max-fragments-per-packet 40;
    }
    hairpinning false;
  }
  binding-table {
${softwires}`,
    )
    t.equal(status, 0)
    t.equal(
      report,
      `${reserved}${noDevices}` +
        'left out: softwire ipv4 178.79.150.210 psid 1: no psid-map says how its address shares its ports\n' +
        'left out: softwire ipv4 178.79.150.233 psid 64: with psid-length 6 a PSID is below 64: no packet would reach it\n' +
        'left out: softwire ipv4 178.79.150.233 psid 23: its br is the number of no br-address\n',
    )
  },
)

t.test(
  'what a configuration of today could never use is left out by name, queue by queue and softwire by softwire',
  async (t) => {
    const softwire = (ipv4: string, psid: number, length = 6, more = '') =>
      `softwire { ipv4 ${ipv4}; psid ${psid}; b4-ipv6 2001:db8::b4; br-address 2001:db8::1; ` +
      `port-set { psid-length ${length}; ${more} } }\n`
    const side = (ip: string, mac: string) => `ip ${ip}; mac ${mac}; next-hop { mac 68:68:68:68:68:68; }`
    const conf = `softwire-config {
  instance {
    device eth1;
    queue {
      id 0;
      external-interface { device eth2; ${side('192.0.2.1', '02:00:00:00:00:01')} }
      internal-interface { ${side('2001:db8::2', '02:00:00:00:00:02')} }
    }
    queue {
      id 1;
      external-interface { device eth3; ${side('192.0.2.2', '03:00:00:00:00:01')} }
      internal-interface { ${side('2001:db8::3', '02:00:00:00:00:02')} }
    }
  }
  internal-interface {
    mtu 1000;
    hop-limit 64;
  }
  binding-table {
    ${softwire('192.0.2.9', 64)}${softwire('192.0.2.9', 63)}${softwire('192.0.2.9', 1, 5)}${softwire('192.0.2.9', 63)}
    ${softwire('192.0.2.10', 1, 12, 'reserved-ports-bit-count 6;')}${softwire('239.0.0.1', 1)}${softwire('192.0.2', 1)}
  }
}
softwire-state { in-ipv4-packets 5; }
`
    const { status, stdout, report } = migrate(t, { 'new.conf': conf })
    t.equal(
      stdout,
      `softwire-config {
  instance {
    device eth1;
    external-device eth2;
    queue {
      id 0;
      external-interface {
        ip 192.0.2.1;
        mac 02:00:00:00:00:01;
        next-hop {
          mac 68:68:68:68:68:68;
        }
      }
      internal-interface {
        ip 2001:db8::2;
        mac 02:00:00:00:00:02;
        next-hop {
          mac 68:68:68:68:68:68;
        }
      }
    }
  }
  binding-table {
    softwire {
      ipv4 192.0.2.9;
      psid 63;
      br-address 2001:db8::1;
      b4-ipv6 2001:db8::b4;
      port-set {
        psid-length 6;
      }
    }
  }
}
`,
    )
    t.equal(status, 0)
    t.equal(
      report,
      `left out: line 27: softwire ipv4 192.0.2 psid 1: ipv4 is no IPv4 address
left out: softwire ipv4 192.0.2.9 psid 64: with psid-length 6 a PSID is below 64: no packet would reach it
left out: softwire ipv4 192.0.2.10 psid 1: psid-length 12 and reserved-ports-bit-count 6 exceed the 16 bits of a port
left out: softwire ipv4 239.0.0.1 psid 1: no host can have one of its addresses
left out: softwire ipv4 192.0.2.9 psid 1: its port-set is another than that of the first softwire of its address
left out: softwire ipv4 192.0.2.9 psid 63: it is given twice; the first stays
left out: line 11: external-interface device eth3: another queue of the instance has eth2; there is one external-device for all
left out: line 11: instance eth1 queue 1 external-interface mac 03:00:00:00:00:01: mac: "03:00:00:00:00:01": this MAC address is a multicast one; give one whose first byte is even
left out: line 17: internal-interface hop-limit 64: unknown node hop-limit in /softwire-config/internal-interface; expected one of mtu, mru, flow-label, ingress-filter, egress-filter, allow-incoming-icmp, generate-icmp-errors, vlan-tag, error-rate-limiting, reassembly, hairpinning, tcp-mss-clamp
left out: line 31: softwire-state: softwire-state is state, it cannot be configured; leave it out
left out: line 9: instance eth1 queue 1: mac is missing; add it
left out: line 16: internal-interface mtu 1000: the smallest IPv6 MTU is 1280 (RFC 8200); give 1280 or more
`,
    )
  },
)

t.test(
  'the binding table of an ietf-softwire-br comes over, with what the model knows of the rest',
  async (t) => {
    const conf = `br-instances {
  binding {
    bind-instance {
      name br1;
      softwire-payload-mtu 1460;
      enable-hairpinning false;
      icmp-policy {
        icmpv4-errors { allow-incoming-icmpv4 false; icmpv4-rate 100; }
        icmpv6-errors { generate-icmpv6-errors false; }
      }
      binding-table {
        binding-entry {
          binding-ipv6info 2001:db8::b4;
          binding-ipv4-addr 192.0.2.9;
          port-set { psid-offset 0; psid-len 6; psid 3; }
          br-ipv6-addr 2001:db8::1;
        }
        binding-entry {
          binding-ipv6info 2001:db8:1::/64;
          binding-ipv4-addr 192.0.2.9;
          port-set { psid-len 6; psid 4; }
          br-ipv6-addr 2001:db8::1;
          lifetime 60;
        }
      }
    }
  }
}
`
    const { status, stdout, report } = migrate(t, { 'ietf.conf': conf }, '--from', 'ietf')
    t.equal(
      stdout,
      `softwire-config {
  external-interface {
    allow-incoming-icmp false;
    error-rate-limiting {
      packets 100;
      period 1;
    }
  }
  internal-interface {
    generate-icmp-errors false;
    hairpinning false;
  }
  binding-table {
    softwire {
      ipv4 192.0.2.9;
      psid 3;
      br-address 2001:db8::1;
      b4-ipv6 2001:db8::b4;
      port-set {
        psid-length 6;
        reserved-ports-bit-count 0;
      }
    }
  }
}
`,
    )
    t.equal(status, 0)
    t.equal(
      report,
      `ietf-softwire-br has no instance: add one, with device, queue and addresses
left out: line 18: lifetime 60: a softwire has no lifetime here
left out: line 18: softwire ipv4 192.0.2.9 psid 4: b4-ipv6 is no IPv6 address
left out, 2 times: of ietf-softwire-br, it has no counterpart here
  line 4: name br1
  line 5: softwire-payload-mtu 1460
`,
    )
  },
)

t.test('what is no configuration is refused by line and column, and nothing is printed', async (t) => {
  const refusals: [files: Record<string, string>, options: string[], status: number, stderr: RegExp][] = [
    [{ 'a.conf': 'softwire-config {\n  instance {\n' }, [], 1, /a\.conf:2:3: .*never closed/],
    [{ 'a.conf': 'softwire-config {}}' }, [], 1, /a\.conf:1:19: this } closes nothing/],
    [{ 'a.conf': '\u0000\u0001' }, [], 1, /a\.conf:1:1: /],
    [{ 'a.conf': '' }, [], 1, /nothing of it could be carried over/],
    [{ 'a.conf': 'a { '.repeat(100_000) }, [], 1, /a\.conf:1:\d+: nested deeper than 32 levels/],
    [{ 'a.conf': 'a = 1\na = 2\n' }, [], 1, /a\.conf:2:1: a is given twice/],
    [{ 'a.conf': 'binding_table = no\n' }, [], 1, /no: there is no such file/],
    [
      { 'a.conf': 'binding_table = t', t: 'psid_map { 1.2.3 {' },
      [],
      1,
      /t:1:12: psid_map: 1\.2\.3 is no IPv4/,
    ],
    [{ 'a.conf': 'binding_table = t', t: 'psid_map { 1.2.3.4 { shift=17 } }' }, [], 1, /t:1:20: .*exceed 16/],
    [{ 'a.conf': 'binding_table = t', t: 'psid_map { 1.2.3.4 { a=1 } }' }, [], 1, /t:1:22: a is none of /],
    [
      { 'a.conf': 'binding_table = t', t: 'psid_map { 1.2.3.4 { shift 1 } }' },
      [],
      1,
      /t:1:\d+: = after shift is expected, not 1/,
    ],
    [
      { 'a.conf': 'binding_table = t', t: 'softwires {' },
      [],
      1,
      /t:1:1: psid_map \{ is expected, not softwires/,
    ],
    [{ 'a.conf': 'a = 1' }, ['--from', 'snabb-softwire-v3'], 1, /a\.conf:1:/],
    [{ 'a.conf': '' }, ['--from', 'v0'], 2, /Allowed choices are legacy/],
    [{ 'a.conf': '' }, ['--external-device', 'eth2'], 2, /goes with --device/],
  ]
  for (const [files, options, status, stderr] of refusals)
    t.match(migrate(t, files, ...options), { status, stdout: '', report: stderr }, JSON.stringify(files))
  t.match(lwaftr('migrate-configuration', '/no/such'), { status: 1, stderr: /there is no such file/ })
})

// The generator of Snabb gives each address a softwire more than its PSIDs are.
const addresses = process.env.LWAFTR_LONG_TESTS === '1' ? 15_874 : 1_000
t.test(
  `${addresses * 64} softwires of Snabb's generator come over but for one PSID of each address`,
  async (t) => {
    const file = join(t.testdir(), 'generated.conf')
    const lines = ['softwire-config {\n  binding-table {\n']
    for (let i = 0; i < addresses; i++)
      for (let psid = 1; psid <= 64; psid++)
        lines.push(
          `softwire { ipv4 193.5.${i >> 8}.${i & 255}; psid ${psid}; b4-ipv6 fc00::${i.toString(16)}:${psid}; ` +
            'br-address fc00::100; port-set { psid-length 6; } }\n',
        )
    lines.push(`  }\n  instance {\n    device test;\n${queue}  }\n}\n`)
    writeFileSync(file, lines.join(''))
    const out = `${file}.out`
    const { status, stderr } = lwaftr('migrate-configuration', file, '--output', out)
    t.equal(status, 0)
    t.equal(
      stderr,
      `left out, ${addresses} times: with psid-length 6 a PSID is below 64: no packet would reach it\n` +
        Array.from({ length: 10 }, (_, i) => `  softwire ipv4 193.5.0.${i} psid 64\n`).join('') +
        `  and ${addresses - 10} more\n`,
    )
    const text = readFileSync(out)
    t.equal(text.toString().split('softwire {').length - 1, addresses * 63)
    t.doesNotThrow(() => openText(text, out), 'the relay takes what came over')
  },
)
