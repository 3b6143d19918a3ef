import t from 'tap'
import { build, CONFIG, softwire, TABLE } from './helper.js'

t.test('a softwire is added, read, changed and removed, and the data plane told of just that', async (t) => {
  const { send, dataplane, datastore } = await build(t)
  const one = softwire('193.5.1.100', 3)
  const url = `${TABLE}/softwire=193.5.1.100,3`

  const created = await send('POST', TABLE, { 'snabb-softwire-v3:softwire': [one] })
  t.equal(created.statusCode, 201, created.body)
  t.equal(created.headers.location, `http://localhost:80${url}`)
  t.same(dataplane.calls, [{ prepare: ['softwires'] }, 'apply'])
  t.equal(datastore.running.revision, 2)
  t.same((await send('GET', url)).json(), { 'snabb-softwire-v3:softwire': [one] })

  const leaf = await send('PUT', `${url}/b4-ipv6`, { 'snabb-softwire-v3:b4-ipv6': '2001:DB8::77' })
  t.equal(leaf.statusCode, 204, leaf.body)
  t.same((await send('GET', `${url}/b4-ipv6`)).json(), { 'snabb-softwire-v3:b4-ipv6': '2001:db8::77' })

  const patched = await send('PATCH', url, {
    'snabb-softwire-v3:softwire': [{ ipv4: '193.5.1.100', psid: 3, padding: 7 }],
  })
  t.equal(patched.statusCode, 204, patched.body)
  t.same((await send('GET', url)).json(), {
    'snabb-softwire-v3:softwire': [{ ...one, padding: 7, 'b4-ipv6': '2001:db8::77' }],
  })

  const removed = await send('DELETE', url)
  t.equal(removed.statusCode, 204, removed.body)
  t.equal((await send('GET', url)).statusCode, 404)
  t.equal(dataplane.table.size, 2)
})

t.test('settings change without a word about softwires', async (t) => {
  const { send, dataplane } = await build(t)
  const put = await send('PUT', `${CONFIG}/internal-interface/mtu`, { 'snabb-softwire-v3:mtu': 1300 })
  t.equal(put.statusCode, 201, put.body)
  t.same(dataplane.calls, [{ prepare: ['instances'] }, 'apply'])
  t.same((await send('GET', `${CONFIG}/internal-interface?content=config`)).json(), {
    'snabb-softwire-v3:internal-interface': { mtu: 1300 },
  })
})

t.test('an edit that changes nothing is no commit', async (t) => {
  const { send, dataplane, snapshot } = await build(t)
  const before = await snapshot()
  const whole = (await send('GET', '/restconf/data?content=config')).body
  t.equal((await send('PUT', '/restconf/data', whole)).statusCode, 204)
  t.equal(
    (
      await send('PUT', `${TABLE}/softwire=193.5.1.100,1`, {
        'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 1)],
      })
    ).statusCode,
    204,
  )
  t.same(dataplane.calls, [])
  t.same(await snapshot(), before)
})
