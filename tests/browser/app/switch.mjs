// What happens when somebody turns the cookie mode on or off? The old session ends at the server, and nothing is pretended.
import assert from 'node:assert/strict'
import { please } from '../browser.mjs'
import { App, nobody, play, refused, url } from './app.mjs'

const toggle = (app) => app.tab.getByRole('switch', { name: /cookie/ })

async function turn(app, on) {
  await toggle(app).click()
  await app.tab.locator(`aside [data-mode=${on ? 'cookie' : 'localStorage'}]`).waitFor()
  assert.equal(await toggle(app).isChecked(), on)
}

/** Whether the server still gives tokens for this refresh token. */
async function isAlive(token) {
  const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'web', refresh_token: token })
  return (await fetch(`${url}/oauth2/token`, { method: 'POST', body })).ok
}

/** A page that may be told that its cookie is not there. */
async function start(where) {
  const app = await App.start(where)
  app.expect(refused(401, '/bff/user'))
  return app
}

await play({
  async the_choice_survives_a_reload_and_reaches_the_other_tabs(browser) {
    const app = await start(browser)
    const other = await start(app.context)
    assert.ok(!(await toggle(app).isChecked()))
    for (const on of [true, false]) {
      await turn(app, on)
      await other.tab.locator(`aside [data-mode=${on ? 'cookie' : 'localStorage'}]`).waitFor()
      assert.equal(await toggle(other).isChecked(), on)
      await app.tab.reload()
      await app.at('Sign in')
      assert.equal(await toggle(app).isChecked(), on)
      await other.signIn()
      await app.tells('Username', 'bob')
      assert.equal(Boolean(await app.cookie()), on)
      assert.equal(Boolean(await app.kept()), !on)
      await app.signOut()
      await other.at('Sign in')
    }
    app.judge()
    other.judge()
  },

  async the_switch_ends_the_session_at_the_server_there_and_back(browser) {
    const app = await start(browser)
    const other = await start(app.context)
    const held = async () => (await app.kept())?.rt ?? (await app.cookie())?.value
    for (const on of [true, false]) {
      await app.signIn()
      await app.tells('Username', 'bob')
      await other.tells('Username', 'bob')
      await app.tab.getByText('Changing it signs you out here.').waitFor()
      const [old, access] = [await held(), await app.accessToken()]
      assert.ok(await app.isGood(access))
      await turn(app, on)
      for (const tab of [app, other]) await tab.isSignedOut()
      assert.ok(!(await app.isGood(access)), 'the access token outlives the switch')
      assert.ok(!(await isAlive(old)), 'the refresh token outlives the switch')
    }
    app.judge()
    other.judge()
  },

  async without_the_server_the_switch_pretends_nothing(browser) {
    const app = await start(browser)
    app.expect(nobody)
    await turn(app, true)
    await app.signIn()
    await app.tells('Username', 'bob')
    const { value } = await app.cookie()
    await please('stop')
    await toggle(app).click()
    await app.says(`You are still signed in: only the server can end that here. ${url} does not answer.`)
    assert.ok(await toggle(app).isChecked(), 'it says that it is off')
    await please('start')
    assert.equal((await app.cookie()).value, value)
    await app.go('Sessions')
    await app.rows().first().waitFor()
    await turn(app, false)
    await app.at('Sign in')

    await app.signIn()
    const { rt } = await app.kept()
    await please('stop')
    await toggle(app).click()
    await app.says('This page has forgotten you, but the server has not: the session goes on until it runs out.')
    await app.isSignedOut()
    assert.ok(!(await toggle(app).isChecked()), 'it says that it is on')
    await please('start')
    assert.ok(await isAlive(rt))
    app.judge()
  },

  async what_was_typed_survives_the_switch(browser) {
    const app = await start(browser)
    await app.type({ Username: 'bob', Password: 'bob-dev-password' })
    for (const on of [true, false, true]) {
      await turn(app, on)
      assert.deepEqual(await app.typed('Username', 'Password'), ['bob', 'bob-dev-password'])
    }
    await app.press('Sign in')
    await app.tells('Username', 'bob')
    assert.ok(await app.cookie())
    app.judge()
  },
})
