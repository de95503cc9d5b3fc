// The platform's own JavaScript SDK, unchanged, against a real server: node --test sdk_test.js
// API_URL, SHORT_URL and API_KEY name the server and an operator's key (test_sdk.py starts one).
'use strict'
const test = require('node:test')
const assert = require('node:assert/strict')
const evrythng = require('evrythng')

const { API_URL, SHORT_URL, API_KEY } = process.env
// Redirections go to a hard-wired https:// short domain: only an interceptor can send them elsewhere.
const toShortDomain = {
  request (options) {
    if (/^https:\/\//.test(options.apiUrl)) options.apiUrl = SHORT_URL
    return options
  }
}
evrythng.setup({ apiVersion: 1, apiUrl: API_URL, geolocation: false, interceptors: [toShortDomain] })

const unique = (name) => `${name} ${Date.now()}-${Math.random()}`
const refused = async (promise, status, word) => {
  await assert.rejects(promise, (error) => {
    const body = JSON.parse(error.message)
    assert.equal(body.status, status, error.message)
    assert.ok(body.errors.join().includes(word), error.message)
    return true
  })
}

const operator = new evrythng.Operator(API_KEY)
let project, application, trusted, user

test.before(async () => {
  await operator.init()
  project = await operator.project().create({ name: unique('project') })
  application = await operator.project(project.id).application()
    .create({ name: 'app', socialNetworks: {} })
  const secret = await operator.project(project.id).application(application.id).secretKey().read()
  trusted = new evrythng.TrustedApplication(secret.secretApiKey)
  await trusted.init()
})

test('an operator reads and changes itself', async () => {
  assert.match(operator.id, /^U.{23}$/)
  await operator.update({ customFields: { colour: 'blue' } })
  assert.deepEqual((await operator.read()).customFields, { colour: 'blue' })
})

test('accounts: read, update, accesses, short domains', async () => {
  const [account] = await operator.sharedAccount().read()
  const changed = await operator.sharedAccount(account.id).update({ imageUrl: 'https://a.example/x.png' })
  assert.equal(changed.imageUrl, 'https://a.example/x.png')
  assert.equal((await operator.sharedAccount(account.id).access().read())[0].operator, operator.id)
  assert.equal((await operator.sharedAccount(account.id).shortDomain().read()).length, 1)
})

const entities = [
  ['thng', { name: 'a thng', tags: ['red', 'new'], customFields: { size: 7 }, identifiers: { ean: '4' } }],
  ['product', { name: 'a product', fn: 'a product', brand: 'Us', photos: ['https://a.example/1.png'] }],
  ['collection', { name: 'a collection', description: 'some of them' }],
  ['place', { name: 'a place', position: { type: 'Point', coordinates: [-0.0899, 51.527] } }],
  ['project', { name: 'another project', tags: ['x'] }]
]
for (const [entity, document] of entities) {
  test(`${entity}: create, read, update, delete`, async () => {
    const created = await operator[entity]().create(document)
    assert.match(created.id, /^U.{23}$/)
    assert.equal(created.createdAt, created.updatedAt)
    for (const [field, value] of Object.entries(document)) assert.deepEqual(created[field], value)
    const read = await operator[entity](created.id).read()
    assert.deepEqual(read.json(), created.json())
    const updated = await operator[entity](created.id).update({ description: 'changed', tags: ['blue'] })
    assert.equal(updated.description, 'changed')
    assert.deepEqual(updated.tags, ['blue'])
    assert.ok(updated.updatedAt > created.updatedAt)
    await read.update() // the whole document back, read-only fields and all
    await operator[entity](created.id).delete()
    await refused(operator[entity](created.id).read(), 404, 'was not found')
  })

  test(`${entity}: lists, pages, filters, ids`, async () => {
    const name = unique('many')
    const ids = []
    for (let i = 0; i < 5; i++) {
      ids.push((await operator[entity]().create({ ...document, name })).id)
      await new Promise((resolve) => setTimeout(resolve, 2)) // those of one millisecond have no order
    }
    const pages = operator[entity]().setPerPage(2).setFilter({ name }).pages()
    const seen = []
    for await (const page of { [Symbol.asyncIterator]: () => pages }) seen.push(...page.map((x) => x.id))
    assert.deepEqual(seen, [...ids].reverse())
    const some = await operator[entity]().setIds(ids.slice(0, 2)).read()
    assert.deepEqual(some.map((x) => x.id).sort(), ids.slice(0, 2).sort())
    assert.equal((await operator[entity]().read({ params: { filter: 'name=nothing' } })).length, 0)
    await refused(operator[entity]().read({ params: { filter: 'colour=red' } }), 400, 'colour')
  })

  if (entity === 'project') continue
  test(`${entity}: rescope`, async () => {
    const created = await operator[entity]().create(document)
    const read = () => trusted[entity](created.id).read()
    await refused(read(), 404, 'was not found')
    await operator[entity](created.id).update({ scopes: { projects: ['+' + project.id] } })
    assert.equal((await read()).id, created.id)
    const scoped = await operator[entity](created.id).read({ params: { withScopes: true } })
    assert.deepEqual(scoped.scopes, { users: ['all'], projects: [project.id] })
    await operator[entity](created.id).update({ scopes: { projects: ['-' + project.id] } })
    await refused(read(), 404, 'was not found')
  })
}

test('upsert makes one, then changes it', async () => {
  const name = unique('upserted')
  const first = await operator.thng().upsert({ name, description: 'one' }, name)
  const second = await operator.thng().upsert({ name, description: 'two' }, name)
  assert.equal(second.id, first.id)
  assert.equal((await operator.thng(first.id).read()).description, 'two')
})

test('project= restricts', async () => {
  const inside = await operator.thng().create({ name: 'inside' }, { params: { project: project.id } })
  await operator.thng().create({ name: 'outside' })
  const listed = await operator.thng().read({ params: { project: project.id } })
  assert.ok(listed.some((x) => x.id === inside.id))
  assert.ok(listed.every((x) => x.name !== 'outside'))
  assert.ok((await trusted.thng().read()).some((x) => x.id === inside.id))
})

test('applications: read, update, me, delete', async () => {
  const applications = operator.project(project.id).application()
  const made = await applications.create({ name: 'second', socialNetworks: {} })
  assert.equal(made.appApiKey.length, 80)
  assert.equal((await operator.project(project.id).application(made.id).update({ name: 'renamed' })).name, 'renamed')
  const open = new evrythng.Application(made.appApiKey)
  await open.init()
  assert.equal(open.name, 'renamed')
  assert.equal(open.project, project.id)
  await operator.project(project.id).application(made.id).delete()
  await refused(new evrythng.Application(made.appApiKey).init(), 401, 'revoked')
})

test('deleting a product strips it from its thngs', async () => {
  const product = await operator.product().create({ name: 'short-lived' })
  const thng = await operator.thng().create({ name: 'of it', product: product.id })
  await operator.product(product.id).delete()
  assert.equal((await operator.thng(thng.id).read()).product, undefined)
})

test('collections hold thngs and collections', async () => {
  const parent = await operator.collection().create({ name: 'parent' })
  const child = await operator.collection().create({ name: 'child' })
  const thng = await operator.thng().create({ name: 'member' })
  await operator.collection(parent.id).thng().update([thng.id])
  assert.deepEqual((await operator.collection(parent.id).thng().read()).map((x) => x.id), [thng.id])
  assert.deepEqual((await operator.thng(thng.id).read()).collections, [parent.id])
  await operator.collection(parent.id).collection().create([child.id])
  assert.deepEqual((await operator.collection(parent.id).collection().read())[0].collections, [parent.id])
  await refused(operator.collection(child.id).collection().create([parent.id]), 400, 'holds it')
  await operator.collection(parent.id).thng(thng.id).delete()
  assert.equal((await operator.collection(parent.id).thng().read()).length, 0)
})

test('places near a point come nearest first', async () => {
  const at = (name, longitude) => operator.place()
    .create({ name, position: { type: 'Point', coordinates: [longitude, -33.3] } }, { params: { project: project.id } })
  const east = Math.random() * 170
  const far = await at('far', east)
  const near = await at('near', east + 0.001)
  const params = { lat: -33.3, lon: east + 0.002, maxDist: 0.5 }
  assert.deepEqual((await operator.place().read({ params })).map((x) => x.id), [near.id, far.id])
  assert.deepEqual((await trusted.place().read({ params: { ...params, perPage: 1 } })).map((x) => x.id), [near.id])
  await operator.place(near.id).delete()
  assert.deepEqual((await operator.place().read({ params })).map((x) => x.id), [far.id])
})

test('properties have values and histories', async () => {
  const thng = await operator.thng().create({ name: 'sensor', properties: { Size: 1 } })
  assert.deepEqual(thng.properties, { size: 1 })
  await operator.thng(thng.id).property('temperature').update(20)
  await operator.thng(thng.id).property().update({ temperature: 21, on: true })
  await operator.thng(thng.id).property('temperature').update({ value: 5, timestamp: 1000 })
  assert.equal((await operator.thng(thng.id).read()).properties.temperature, 21)
  const history = await operator.thng(thng.id).property('temperature').read()
  assert.deepEqual(history.map((x) => x.value), [21, 20, 5])
  assert.deepEqual((await operator.thng(thng.id).property('nothing').read()), [])
  await operator.thng(thng.id).property('temperature').delete({ params: { to: 2000 } })
  assert.equal((await operator.thng(thng.id).property('temperature').read()).length, 2)
  await operator.thng(thng.id).property('on').delete()
  assert.equal((await operator.thng(thng.id).read()).properties.on, undefined)
})

test('locations: points and places', async () => {
  const thng = await operator.thng().create({ name: 'moves' })
  const place = await operator.place().create({ name: 'here' })
  await operator.thng(thng.id).locations().update({ position: { type: 'Point', coordinates: [1, 2] } })
  await operator.thng(thng.id).locations().update({ place: place.id })
  const history = await operator.thng(thng.id).locations().read()
  assert.equal(history.length, 2)
  assert.ok(history.some((x) => x.latitude === 2) && history.some((x) => x.place === place.id))
})

test('action types', async () => {
  const name = '_T' + Math.random().toString(36).slice(2)
  await operator.actionType().create({ name })
  assert.equal((await operator.actionType(name).read()).name, name)
  await operator.actionType(name).update({ description: 'ours' })
  assert.equal((await operator.actionType(name).read()).description, 'ours')
  assert.deepEqual((await operator.actionType().read()).slice(0, 4).map((x) => x.name),
    ['checkins', 'implicitScans', 'scans', 'shares'])
  await operator.actionType(name).delete()
})

test('users: register, validate, log in, change the password, log out', async () => {
  const app = new evrythng.Application(application.appApiKey)
  await app.init()
  const email = `u${Date.now()}@a.example`
  const made = await app.appUser().create({ email, password: 'password1', firstName: 'Some', lastName: 'One' })
  assert.equal(made.status, 'inactive')
  const fresh = await made.validate()
  assert.equal(fresh.email, email)
  await refused(app.appUser().create({ email, password: 'password1' }), 409, 'email')
  user = await app.login({ email, password: 'password1' })
  assert.equal(user.firstName, 'Some')
  await refused(app.login({ email, password: 'password2' }), 401, 'password')
  await refused(user.update({ password: 'password2' }), 400, 'oldPassword')
  await user.update({ password: 'password2', oldPassword: 'password1' })
  const again = await app.login({ email, password: 'password2' })
  await again.logout()
  await refused(again.readAccess(), 401, 'revoked')
  assert.equal((await operator.user(user.id).read()).email, email)
})

test('anonymous users', async () => {
  const app = new evrythng.Application(application.appApiKey)
  await app.init()
  const anonymous = await app.appUser().create({ anonymous: true })
  await anonymous.init()
  assert.equal(anonymous.project, project.id)
})

const userOfApp = async () => {
  const app = new evrythng.Application(application.appApiKey)
  await app.init()
  const made = await app.appUser().create({ anonymous: true })
  await made.init()
  return made
}
const inProject = () => ({ params: { project: project.id } })

test('actions: create from the scope, the resource and the entity', async () => {
  const product = await operator.product().create({ name: 'of it' }, inProject())
  const thng = await operator.thng().create({ name: 'acted on', product: product.id }, inProject())
  const user = await userOfApp()
  for (const scope of [operator, trusted, user]) {
    const made = [
      await scope.action('scans').create({ thng: thng.id, tags: ['a'], customFields: { n: 1 } }),
      await scope.thng(thng.id).action('scans').create(),
      await (await scope.thng(thng.id).read()).action('scans').create({ identifiers: { ean: '4' } })
    ]
    for (const action of made) {
      assert.match(action.id, /^U.{23}$/)
      assert.deepEqual([action.type, action.thng, action.product], ['scans', thng.id, product.id])
      assert.deepEqual((await scope.action('scans', action.id).read()).json(), action.json())
    }
    assert.equal((await scope.product(product.id).action('shares').create()).product, product.id)
  }
  const own = await user.action('scans').create({ thng: thng.id })
  assert.deepEqual([own.user, own.createdByProject, own.createdByApp], [user.id, project.id, application.id])
  await assert.rejects(user.thng(thng.id).action('nonsense').create())
  const open = new evrythng.Application(application.appApiKey)
  await open.init()
  await refused(open.action('scans').create({ thng: thng.id }), 403, 'may not')
})

test('actions: many at once', async () => {
  const thng = await operator.thng().create({ name: 'acted on' })
  const name = '_M' + Math.random().toString(36).slice(2)
  await operator.actionType().create({ name })
  const made = await operator.action('all').create([{ type: 'checkins', thng: thng.id }, { type: name }])
  assert.deepEqual(made.map((x) => x.type), ['checkins', name])
  await refused(operator.action('all').create([{ type: name }, { thng: thng.id }]), 400, '[1] action.type')
  assert.equal((await operator.action(name).read()).length, 1)
})

test('actions: lists, filters, pages, context, delete', async () => {
  const thng = await operator.thng().create({ name: 'acted on' })
  const ids = []
  for (let i = 0; i < 5; i++) {
    ids.push((await operator.action('checkins').create({ thng: thng.id, tags: ['t' + i % 2] })).id)
    await new Promise((resolve) => setTimeout(resolve, 2)) // those of one millisecond have no order
  }
  const newestFirst = [...ids].reverse()
  const of = (page) => page.map((x) => x.id)
  assert.deepEqual(of(await operator.thng(thng.id).action('checkins').read()), newestFirst)
  const filter = { thng: thng.id }
  assert.deepEqual(of(await operator.action('checkins').read({ params: { filter } })), newestFirst)
  assert.deepEqual(of(await operator.action('all').read({ params: { filter: `thng=${thng.id}&tags=t1` } })),
    [ids[3], ids[1]])
  const seen = []
  const pages = operator.action('all').setFilter(filter).setPerPage(2).pages()
  for await (const page of { [Symbol.asyncIterator]: () => pages }) seen.push(...of(page))
  assert.deepEqual(seen, newestFirst)
  const shown = await operator.action('checkins', ids[0]).read({ params: { context: true } })
  assert.equal(typeof shown.context.userAgentName, 'string')
  await operator.action('checkins', ids[2]).delete()
  await refused(operator.action('checkins', ids[2]).read(), 404, 'was not found')
  assert.equal((await operator.thng(thng.id).action('checkins').read()).length, 4)
})

test('devices', async () => {
  const thng = await operator.thng().create({ name: 'device' })
  const make = () => evrythng.api({ url: '/auth/evrythng/thngs', method: 'post', apiKey: API_KEY, data: { thngId: thng.id } })
  const key = (await make()).thngApiKey
  assert.equal((await make()).thngApiKey, key)
  const device = new evrythng.Device(key)
  await device.init()
  assert.equal(device.name, 'device')
  await device.property('on').update(true)
  assert.equal((await operator.thng(thng.id).read()).properties.on, true)
  const action = await device.action('scans').create()
  assert.equal(action.createdByThng, thng.id)
  assert.equal((await device.action('scans', action.id).read()).thng, thng.id)
})

test('redirections', async () => {
  const thng = await operator.thng().create({ name: 'redirected' })
  const made = await operator.thng(thng.id).redirection().create({ defaultRedirectUrl: 'https://a.example/{thngId}' })
  assert.equal(made.defaultRedirectUrl, 'https://a.example/' + thng.id)
  assert.equal((await operator.thng(thng.id).redirection().read()).shortId, made.shortId)
  await operator.thng(thng.id).redirection().update({ defaultRedirectUrl: 'https://b.example/' })
  const answer = await fetch(`${SHORT_URL}/${made.shortId}`, { redirect: 'manual' })
  assert.equal(answer.headers.get('location'), 'https://b.example/')
  await operator.thng(thng.id).redirection().delete()
  assert.equal((await fetch(`${SHORT_URL}/${made.shortId}`, { redirect: 'manual' })).status, 404)
})

test('redirector', async () => {
  await operator.redirector().update({ rules: [{ match: 'thng.name=x', redirectUrl: 'https://a.example/', delegates: [] }] })
  assert.equal((await operator.redirector().read()).rules.length, 1)
  await operator.redirector().delete()
})

test('the description is valid OpenAPI 3', async () => {
  const parser = require('@apidevtools/swagger-parser')
  const description = await (await fetch(`${API_URL}/openapi.json`)).json()
  await parser.validate(description)
  assert.ok(description.paths['/thngs/{thng}'].put)
})
