// What does a person read when the session is gone, or the server? `node trouble.mjs URL`, where each access token is about to run out
import assert from 'node:assert/strict'
import { ask, browse, Page, please, step } from './browser.mjs'

const url = process.argv[2]

await browse(async (browser) => {
  const page = await Page.open(await browser.newContext(), url)
  await page.visitDocs()
  await page.signIn()

  step('no server')
  page.expect(/ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/)
  await please('stop')
  assert.match((await page.execute('/api/v1/me')).details, /^The server does not answer; it may be starting again./)
  assert.ok(await page.isSignedIn())

  step('there it is again')
  await please('start')
  await page.executes('/api/v1/me')

  step('something between says no: nobody is signed out by that')
  page.expect(/status of 429 .*\/oauth2\/token$/)
  await page.tab.route('**/oauth2/token', (route) => route.fulfill({ status: 429, body: 'slow down' }))
  assert.match((await page.execute('/api/v1/me')).details, /^The server answers 429\. You are still signed in: try once more\./)
  assert.ok(await page.isSignedIn())
  await page.tab.unroute('**/oauth2/token')
  await page.executes('/api/v1/me')

  step('another tab signs out while this one refreshes')
  // Its call may come after the end of the session.
  page.expect(/status of 401 .*\/api\/v1\/me$/)
  const other = await Page.open(page.tab.context(), url)
  await other.visitDocs()
  let asked
  const refreshing = new Promise((resolve) => (asked = resolve))
  let goOn
  const held = new Promise((resolve) => (goOn = resolve))
  await page.tab.route('**/oauth2/token', async (route) => {
    asked()
    await held
    await route.continue()
  })
  const called = page.execute('/api/v1/me')
  await refreshing
  await other.openDialog()
  await other.tab.getByRole('button', { name: 'Logout', exact: true }).click()
  goOn()
  await called
  await page.tab.unroute('**/oauth2/token')
  await other.notice('You are signed out.')
  await page.tab.locator('.scheme-container button.authorize.unlocked').waitFor()
  assert.equal(await page.kept(), undefined)
  await page.signIn()
  other.judge()

  step('the session was ended elsewhere')
  const { token } = await page.kept()
  assert.equal((await ask(`${url}/api/v1/me/sessions`, token.access_token, 'DELETE')).status, 204)
  page.expect(/status of 400 .*\/oauth2\/token$/)
  const told = /^You are signed out\. .+ Press Authorize to sign in again\.$/
  assert.match((await page.execute('/api/v1/me')).details, told)
  assert.match(await page.tab.getByRole('alert').innerText(), told)
  assert.ok(!(await page.isSignedIn()))
  assert.equal(await page.kept(), undefined)

  step('the way back')
  await page.signIn()
  assert.ok(!(await page.tab.getByRole('alert').isVisible()), 'the line stays though it is true no more')
  await page.executes('/api/v1/me')

  step('no server at a sign-out: the page forgets all the same, and says what that means')
  await please('stop')
  await page.openDialog()
  await page.tab.getByRole('button', { name: 'Logout', exact: true }).click()
  await page.notice('the server could not be told')

  page.judge()
})
