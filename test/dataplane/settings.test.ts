import t from 'tap'
import { instanceSettings } from '../../src/dataplane/settings.js'
import { loadSchema } from '../../src/schema/schema.js'
import { readText } from '../../src/schema/text.js'

const read = (text: string) => instanceSettings(readText(loadSchema(), Buffer.from(text)).tree)

const interfaces = `
  external-interface { ip 203.0.113.1; mac 02:00:00:00:00:01; next-hop { ip 203.0.113.2; } }
  internal-interface { ip 2001:db8::1; mac 02:00:00:00:00:02; vlan-tag 7; next-hop { mac 02:00:00:00:00:03; } }`

t.test('what is not configured has the defaults of the model', async (t) => {
  const policy = {
    allowIncomingIcmp: true,
    generateIcmpErrors: true,
    errorRateLimiting: { packets: 200, period: 2 },
    reassembly: { maxFragmentsPerPacket: 20, maxPackets: 20000 },
    ingressFilter: '',
    egressFilter: '',
    tcpMss: 0,
  }
  t.same(read(`softwire-config { instance { device eth0; queue { id 0; ${interfaces} } } }`), [
    {
      device: 'eth0',
      queues: [
        {
          id: 0,
          externalInterface: { ip: '203.0.113.1', mac: '02:00:00:00:00:01', nextHopIp: '203.0.113.2' },
          internalInterface: {
            ip: '2001:db8::1',
            mac: '02:00:00:00:00:02',
            vlanTag: 7,
            nextHopMac: '02:00:00:00:00:03',
          },
          external: { mtu: 1460, ...policy },
          internal: { mtu: 1500, ...policy },
          flowLabel: 0,
          hairpinning: true,
          onAStick: true,
        },
      ],
    },
  ])
})

t.test('every setting arrives', async (t) => {
  const [instance] = read(`softwire-config {
    external-interface {
      mtu 1400; ingress-filter "ip or arp"; error-rate-limiting { packets 5; period 6; }
      lwaftr:tcp-mss-clamp 1300;
    }
    internal-interface {
      mtu 1600; egress-filter ip6; allow-incoming-icmp false; generate-icmp-errors false; flow-label 99;
      hairpinning false; reassembly { max-fragments-per-packet 3; max-packets 4; }
    }
    instance {
      device in0; external-device out0;
      queue { id 1; ${interfaces} }
      queue { id 0; ${interfaces}
        passthru-interface {
          device xe0; mac 02:00:00:00:00:04; mtu 9000; vlan-tag 64; promiscuous true; sample-rate 1000;
          lwaftr:next-hop-resolution { refresh-interval 7; }
          lwaftr:link external-device;
        }
      }
    }
  }`)
  t.equal(instance?.externalDevice, 'out0')
  t.same(
    instance?.queues.map(({ id }) => id),
    [0, 1],
    'queues in order of id',
  )
  t.match(instance?.queues[0], {
    onAStick: false,
    flowLabel: 99,
    hairpinning: false,
    external: {
      mtu: 1400,
      ingressFilter: 'ip or arp',
      tcpMss: 1300,
      errorRateLimiting: { packets: 5, period: 6 },
    },
    internal: {
      mtu: 1600,
      egressFilter: 'ip6',
      allowIncomingIcmp: false,
      generateIcmpErrors: false,
      reassembly: { maxFragmentsPerPacket: 3, maxPackets: 4 },
    },
    passthruInterface: {
      device: 'xe0',
      mac: '02:00:00:00:00:04',
      mtu: 9000,
      vlanTag: 64,
      promiscuous: true,
      sampleRate: 1000,
      nextHopRefresh: 7,
      onExternalLink: true,
    },
  })
  t.notOk(instance?.queues[1]?.passthruInterface)
})

t.test('nothing configured is no instance', async (t) => {
  t.same(instanceSettings({}), [])
})
