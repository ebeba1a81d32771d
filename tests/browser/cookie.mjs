// Does a browser keep the cookie of the cookie mode where no script gets at it? `node cookie.mjs URL`
import assert from 'node:assert/strict'
import { browse, Page, step } from './browser.mjs'

const url = process.argv[2]
const name = 'grantd_app'

/** What a page is answered by its own server. */
const ask = (tab, path, options = {}) =>
  tab.evaluate(
    async ([path, options]) => {
      const headers = { 'X-Grantd': '1', 'Content-Type': 'application/json' }
      const answer = await fetch(path, { method: 'POST', headers, ...options }).catch((error) => ({ status: String(error) }))
      return { status: answer.status, body: await answer.json?.().catch(() => null) }
    },
    [path, options],
  )
const who = (tab) => ask(tab, '/bff/user', { method: 'GET', headers: {} })

await browse(async (browser) => {
  const context = await browser.newContext()
  const page = await Page.open(context, url)
  await page.visitDocs()
  const kept = async () => (await context.cookies(url)).find((cookie) => cookie.name === name)

  step('the API page is such a page')
  const login = page.tab.locator('#operations-Cookie_mode-logIn')
  page.expect(/status of 401 .*\/bff\/login$/)
  await login.locator('.opblock-summary-control').click()
  await login.locator('button.execute').click()
  await login.locator('.live-responses-table .response-col_status', { hasText: '401' }).waitFor()

  step('signs in')
  const signedIn = await ask(page.tab, '/bff/login', { body: JSON.stringify({ username: 'ada', password: 'ada-dev-password' }) })
  assert.deepEqual([signedIn.status, signedIn.body.user.username], [200, 'ada'])
  const { httpOnly, sameSite, path, secure, value, expires } = await kept()
  assert.deepEqual({ httpOnly, sameSite, path, secure }, { httpOnly: true, sameSite: 'Strict', path: '/', secure: false })
  assert.ok(value.startsWith('grt_') && expires > Date.now() / 1000 + 29 * 24 * 60 * 60)
  assert.equal(await page.tab.evaluate(() => document.cookie), '')
  assert.equal(await page.tab.evaluate(() => localStorage.length + sessionStorage.length), 0)

  step('two tabs refresh at once')
  const other = await Page.open(context, url)
  await other.visitDocs()
  const both = await Promise.all([page, other].map(({ tab }) => ask(tab, '/bff/refresh')))
  assert.deepEqual(both.map(({ status }) => status), [200, 200])
  assert.notEqual((await kept()).value, value)
  assert.equal((await who(page.tab)).body.session.current, true)

  step('signs out')
  assert.equal((await ask(page.tab, '/bff/logout')).status, 204)
  assert.equal(await kept(), undefined)
  page.expect(/status of 401 .*\/bff\/user$/)
  assert.deepEqual([(await who(page.tab)).body.reason], ['no_credentials'])
  page.judge()
})
