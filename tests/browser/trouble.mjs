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
  await page.tab.getByRole('button', { name: 'Logout' }).click()
  await page.notice('the server could not be told')

  page.judge()
})
