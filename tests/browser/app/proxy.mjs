// And behind a proxy, as in production? The cookie goes over https alone, and a late answer does no harm.
import assert from 'node:assert/strict'
import { front } from './front.mjs'
import { App, behind, entrance, mode, noRenewal, play, refused, renewal, url } from './app.mjs'

/** Whether a token is good at the server, which stands behind. */
const isGood = async (token) => (await fetch(`${behind}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).ok

await play({
  async over_https_the_whole_round_works_with_a_cookie_that_no_other_host_can_set(browser) {
    await front(url, behind)
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const app = await App.start(context)
    const other = await App.start(context)
    // What a tab asks while the other signs out may come too late.
    for (const tab of [app, other]) tab.expect(noRenewal, refused(401, '/api/v1/me'))
    assert.ok(await app.tab.evaluate(() => isSecureContext && Boolean(navigator.locks)))
    await app.signIn()
    for (const tab of [app, other]) await tab.tells('Username', 'bob')
    assert.equal(app.asked('POST', entrance), 1)

    const cookie = await app.cookie()
    if (mode === 'cookie') {
      const { name, httpOnly, sameSite, path, secure, domain } = cookie
      assert.deepEqual({ name, httpOnly, sameSite, path, secure, domain }, { name: '__Host-grantd_app', httpOnly: true, sameSite: 'Strict', path: '/', secure: true, domain: 'localhost' })
      await app.tab.getByText('The refresh token in a cookie that scripts cannot read, the access token').waitFor()
    } else assert.equal(cookie, undefined)
    assert.doesNotMatch(await app.tab.locator('aside').innerText(), /plain http/)

    const [access, refresh] = [await app.accessToken(), await app.refreshToken()]
    // Whichever tab is quicker.
    const renewed = context.waitForEvent('response', (response) => response.url() === url + renewal)
    await app.press('Expire now')
    await (await renewed).finished()
    await app.panel(/(4:5\d|5:00) left/)
    assert.notEqual(await app.accessToken(), access)
    assert.notEqual(await app.refreshToken(), refresh)
    await app.tab.reload()
    await app.tells('Username', 'bob')
    await app.go('Sessions')
    await app.rows().first().waitFor()
    assert.equal(await app.rows().count(), 1)
    const last = await app.accessToken()
    await app.signOut()
    for (const tab of [app, other]) {
      await tab.isSignedOut()
      assert.deepEqual(tab.requests.filter((request) => !request.url().startsWith(url) && !request.url().startsWith('data:')), [])
      tab.judge()
    }
    await app.dies(last, isGood)
    // Nobody gets in with the old one.
    await app.tab.reload()
    await app.isSignedOut()
  },

  async an_answer_that_comes_late_brings_no_old_cookie_back(browser) {
    const between = await front(url, behind)
    const app = await App.start(browser)
    const other = await App.start(app.context)
    for (const tab of [app, other]) tab.expect(noRenewal, refused(401, '/api/v1/me'))
    await app.signIn('ada')
    await other.tells('Username', 'ada')
    // The server has renewed the cookie; its answer is under way while somebody else signs in.
    const answer = between.hold(renewal)
    await app.press('Expire now')
    await answer.reached
    await other.signOut()
    await other.trySignIn('bob', 'bob-dev-password')
    // The sign-in waits, or would be done before the answer is there.
    await other.tab.waitForFunction(async () => (await navigator.locks.query()).pending.length > 0 || !document.querySelector('nav').hidden)
    answer.goOn()
    for (const tab of [app, other]) await tab.tells('Username', 'bob')
    await app.tab.reload()
    await app.tells('Username', 'bob')
    await other.press('Expire now')
    await other.panel(/(4:5\d|5:00) left/)
    for (const tab of [app, other]) {
      await tab.go('Sessions')
      await tab.rows().first().waitFor()
      assert.deepEqual(await tab.messages(), [])
      tab.judge()
    }
  },
})
