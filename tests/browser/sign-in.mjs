// Does somebody get in, and out again, who knows nothing but the page? `node sign-in.mjs URL`
import assert from 'node:assert/strict'
import { ask, browse, Page, step } from './browser.mjs'

const url = process.argv[2]

await browse(async (browser) => {
  const page = await Page.open(await browser.newContext(), url)
  await page.visitDocs()
  assert.match(await page.tab.locator('main').innerText(), /Press Authorize and type ada and ada-dev-password/)

  step('nobody yet: 401')
  page.expect(/status of 401 .*\/api\/v1\/me$/)
  await page.executes('/api/v1/me', '401')

  step('a wrong password, a client that does not exist')
  page.expect(/status of 40[01] .*\/oauth2\/token$/)
  await page.openDialog()
  assert.ok(!(await page.tab.locator('#client_secret_password').isVisible()), 'a box for a secret that nobody has')
  const wrong = await page.signInError({ name: 'ada', password: 'not hers' })
  assert.equal(wrong, 'The name and the password do not fit together, or there were too many tries.')
  const unknown = await page.signInError({ name: 'ada', password: 'ada-dev-password', clientId: 'nobody' })
  assert.equal(unknown, 'The request names no client that is known, or the secret is wrong, missing or not expected.')
  await page.tab.locator('.btn-done').click()
  assert.ok(!(await page.tab.locator('.errors').first().isVisible()), 'the error outlives its dialog')

  step('signed in, with the scopes that were ticked')
  await page.signIn()
  assert.match(await page.executes('/api/v1/me'), /"username": "ada"/)
  assert.equal(page.forms('/oauth2/token').at(-1).get('scope'), 'openid profile email account sessions')

  step('still so after a reload; no password is kept')
  await page.visitDocs()
  await page.executes('/api/v1/me')
  assert.ok(!(await page.tab.evaluate(() => JSON.stringify(localStorage))).includes('ada-dev-password'))

  step('another tab signs out: the session has ended, here too')
  const { token } = await page.kept()
  assert.equal((await ask(`${url}/api/v1/me`, token.access_token)).status, 200)
  const other = await Page.open(page.tab.context(), url)
  await other.visitDocs()
  await other.signOut()
  assert.equal((await ask(`${url}/api/v1/me`, token.access_token)).status, 401)
  await page.tab.locator('.scheme-container button.authorize.unlocked').waitFor()
  assert.equal(await page.kept(), undefined)

  step('in again, as somebody else, with one scope more')
  await other.openDialog()
  await other.tab.locator('label[for^=admin-]').click()
  await other.fill({ name: 'bob', password: 'bob-dev-password' })
  await other.tab.getByRole('button', { name: 'Logout', exact: true }).waitFor()
  assert.match(other.forms('/oauth2/token').at(-1).get('scope'), / admin$/)
  await page.tab.locator('.scheme-container button.authorize.locked').waitFor()
  assert.match(await page.executes('/api/v1/me'), /"username": "bob"/)

  assert.deepEqual([...page.refreshes(), ...other.refreshes()], [])
  page.judge()
  other.judge()
})
