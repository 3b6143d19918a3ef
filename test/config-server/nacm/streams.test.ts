// Who follows a stream is told what a reader with the same rules would see.
import t from 'tap'
import { bearer, user } from '../access/users.js'
import { build, minimal, softwire, TABLE } from '../helper.js'

const LIST = '/snabb-softwire-v3:softwire-config/binding-table/softwire'

const configuration = {
  ...minimal,
  'lwaftr:config-server': {
    user: [user('ann', { group: ['confined'] }), user('root', { group: ['admin'] })],
  },
  'ietf-netconf-acm:nacm': {
    'rule-list': [
      { name: 'admin', group: ['admin'], rule: [{ name: 'all', action: 'permit' }] },
      {
        name: 'confined',
        group: ['confined'],
        rule: [
          { name: 'b4', action: 'deny', path: `${LIST}/b4-ipv6` },
          { name: 'mine', action: 'permit', path: `${LIST}[ipv4='193.5.1.100']` },
          { name: 'rest', action: 'deny', path: LIST },
        ],
      },
    ],
  },
}

t.test('a confined follower hears of its softwires only, without what is hidden of them', async (t) => {
  const { access, streams, send, ...services } = await build(t, configuration)
  const session = { user: 'ann', groups: ['confined'], authenticated: true, from: '192.0.2.1', local: false }
  const own = access.as(session, { ...services, access, streams, isReady: () => true })
  const view = own.streams.view({ stream: 'binding-table' })
  const began = view.feed.revision
  const put = (address: string, psid: number) =>
    send(
      'PUT',
      `${TABLE}/softwire=${address},${psid}`,
      { 'snabb-softwire-v3:softwire': [softwire(address, psid)] },
      bearer('root'),
    )
  t.equal((await put('193.5.1.101', 1)).statusCode, 201)
  t.equal((await put('193.5.1.100', 3)).statusCode, 201)
  t.equal(
    (await send('DELETE', `${TABLE}/softwire=193.5.1.101,1`, undefined, bearer('root'))).statusCode,
    204,
  )
  const told = [...(view.feed.since(began) ?? [])].flatMap(({ edits }) => view.narrowed(edits ?? []))
  t.same(
    told.map(({ operation, value }) => ({ operation, value })),
    [
      {
        operation: 'create',
        value: {
          ipv4: '193.5.1.100',
          psid: 3,
          'br-address': '2001:db8::1',
          'port-set': { 'psid-length': 6 },
        },
      },
    ],
  )
  const everybody = streams.view({ stream: 'binding-table' })
  t.equal(
    [...(everybody.feed.since(began) ?? [])].flatMap(({ edits }) => everybody.narrowed(edits ?? [])).length,
    3,
  )
})
