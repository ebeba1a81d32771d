// Does a sign-in last, whatever a browser's day brings: many tabs, no locks, no network?
import assert from 'node:assert/strict'
import { App, play } from './app.mjs'

const seconds = (count) => count * 1000

/** In each tab: asks at the moment when the token is about to run out, as all the others do, and answers with what was wrong meanwhile. */
const busy = (until) =>
  Promise.all([import('/app/api.js'), import('/app/oauth.js'), import('/app/token.js')]).then(async ([{ ours }, { state }, { fresh }]) => {
    const wrong = new Set()
    while (Date.now() < until) {
      const kept = state()
      if (kept && fresh(kept)) {
        await new Promise((resolve) => setTimeout(resolve, 25))
        continue
      }
      await ours('me').catch((error) => wrong.add(error.message))
      for (const said of document.querySelectorAll('.message:not([hidden], :empty)')) wrong.add(said.textContent)
      const panel = document.querySelector('#renewed').textContent
      if (panel.includes('still signed in')) wrong.add(panel)
    }
    return [...wrong]
  })

/** Several tabs of one sign-in, all busy for some time; nobody sees anything of it. */
async function crowd(first, username, count, life, ...complaints) {
  // The server counts whole seconds: a token of two may be over after one. That is mended by the next one, unseen.
  complaints.push(/status of 401 .*\/api\/v1\/me/)
  const tabs = [first]
  await first.signIn(username)
  while (tabs.length < count) tabs.push(await App.start(first.context, { at: first.url }))
  for (const app of tabs) await app.at('Who am I')
  const until = Date.now() + life
  const work = tabs.map((app) => app.tab.evaluate(busy, until))
  const expire = async () => {
    // Now and then somebody presses a button too.
    for (let turn = 0; Date.now() < until - seconds(3); turn += 1) {
      await tabs[turn % count].press('Expire now')
      await first.tab.waitForFunction((when) => Date.now() > when, Date.now() + seconds(2.4))
    }
  }
  const [wrong] = await Promise.all([Promise.all(work), expire()])
  assert.deepEqual(wrong.flat(), [])
  for (const app of tabs) {
    app.expect(...complaints)
    await app.go('Sessions')
    await app.rows().first().waitFor()
    assert.equal(await app.rows().count(), 1)
    app.judge()
  }
  return tabs.flatMap((app) => app.refreshes())
}

await play({
  async a_crowd_of_eight_tabs_renews_two_second_tokens_unseen(browser) {
    const sent = await crowd(await App.start(browser), 'bob', 8, seconds(150))
    assert.ok(sent.length >= 100, `${sent.length} refreshes`)
    // The lock is held a while for what was written to reach the other tabs. On a machine that has much to do it may take longer still;
    // then the server's window answers, and nobody notices.
    const distinct = new Set(sent.map((form) => form.get('refresh_token')))
    assert.ok(sent.length - distinct.size <= sent.length / 20, `${sent.length - distinct.size} of ${sent.length} were sent twice`)
  },

  async without_locks_the_servers_window_keeps_the_session(browser) {
    const [plain, bare] = await Promise.all([browser.newContext(), browser.newContext()])
    await bare.addInitScript(() => delete Navigator.prototype.locks)
    const far = await App.start(plain, { at: process.argv[2].replace('localhost', 'grantd.test') })
    const near = await App.start(bare)
    // Chromium says itself that this is no place to be safe in.
    const untrusted = /Cross-Origin-Opener-Policy header has been ignored/
    const about = () => [isSecureContext, navigator.locks === undefined]
    assert.deepEqual(await far.tab.evaluate(about), [false, true])
    assert.deepEqual(await near.tab.evaluate(about), [true, true])
    for (const sent of await Promise.all([crowd(far, 'ada', 4, seconds(20), untrusted), crowd(near, 'bob', 4, seconds(20))])) {
      const distinct = new Set(sent.map((form) => form.get('refresh_token')))
      assert.ok(distinct.size >= 8, `${distinct.size} renewals`)
      assert.ok(sent.length > distinct.size, 'no two tabs ever met')
    }
  },

  async a_browser_offline_for_thirty_seconds_stays_signed_in(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.at('Who am I')
    const { rt } = await app.kept()
    app.expect(/ERR_INTERNET_DISCONNECTED/)
    await app.context.setOffline(true)
    const until = Date.now() + seconds(30)
    await app.panel('It has run out.')
    await app.panel('You are offline. You are still signed in.')
    await app.tab.getByRole('link', { name: 'Sessions' }).click()
    await app.says('You are offline. Try again')
    await app.press('Try again')
    await app.tab.waitForFunction((when) => Date.now() > when, until, { timeout: seconds(40) })
    await app.says('You are offline. Try again')
    assert.equal((await app.kept()).rt, rt)
    await app.context.setOffline(false)
    await app.tab.locator('#renewed', { hasNotText: 'offline' }).waitFor()
    await app.panel(/left\. Got/)
    assert.notEqual((await app.kept()).rt, rt)
    await app.press('Try again')
    await app.rows().first().waitFor()
    await app.isFine()
    app.judge()
  },
})
