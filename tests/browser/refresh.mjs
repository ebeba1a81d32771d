// Do people notice that access tokens expire? `node refresh.mjs URL`, where each is about to run out
import assert from 'node:assert/strict'
import { ask, browse, Page, please, step, three } from './browser.mjs'

const url = process.argv[2]

await browse(async (browser) => {
  const page = await Page.open(await browser.newContext(), url)
  await page.visitDocs()
  await page.signIn()

  step('the next token comes before the old one has run out')
  await page.executes('/api/v1/me')
  assert.equal(page.refreshes().length, 1)

  step('three requests at once share one refresh')
  await page.executeTogether(three)
  assert.equal(page.refreshes().length, 2)

  step('a token that the server refuses is replaced, and the request sent again')
  await page.tab.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem('authorized'))
    kept.grantd.token.expires_at += 3_600_000
    localStorage.setItem('authorized', JSON.stringify(kept))
  })
  await page.visitDocs()
  const { token } = await page.kept()
  await please('no access token is good any more')
  assert.equal((await ask(`${url}/api/v1/me`, token.access_token)).status, 401)
  page.expect(/status of 401 .*\/api\/v1\/me$/)
  await page.executes('/api/v1/me')
  assert.equal(page.refreshes().length, 3)

  step('two tabs at once')
  const other = await Page.open(page.tab.context(), url)
  await other.visitDocs()
  const rounds = 5
  for (let round = 0; round < rounds; round += 1) await Promise.all([page, other].map((tab) => tab.executeTogether(three)))
  const sent = [page, other].flatMap((tab) => tab.refreshes().map((form) => form.get('refresh_token')))
  assert.ok(sent.length > rounds, 'they refreshed')
  assert.equal(new Set(sent).size, sent.length, 'no refresh token was sent twice')

  step('what a quicker tab has written is seen only while the answer is on its way')
  let goOn
  const released = new Promise((resolve) => (goOn = resolve))
  await page.tab.route('**/oauth2/token', async (route) => {
    await released
    await route.continue()
  })
  const asked = page.tab.waitForRequest('**/oauth2/token')
  const executed = page.executes('/api/v1/me')
  const body = (await asked).postData()
  const next = await (await fetch(`${url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(body) })).json()
  await other.tab.evaluate((next) => {
    const kept = JSON.parse(localStorage.getItem('authorized'))
    Object.assign(kept.grantd.token, next)
    localStorage.setItem('authorized', JSON.stringify(kept))
  }, next)
  await page.tab.waitForFunction((token) => localStorage.getItem('authorized').includes(token), next.refresh_token)
  goOn()
  await executed

  page.judge()
  other.judge()
})
