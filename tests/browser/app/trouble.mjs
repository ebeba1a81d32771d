// What if the server is away, or somebody answers in its place? Nobody is signed out by that, and all goes on when it is back.
import assert from 'node:assert/strict'
import { please } from '../browser.mjs'
import { App, mode, noRenewal, nobody, passwordOf, play, refused, renewal, url } from './app.mjs'

/** What stands between a browser and a server says of itself. */
const between = {
  'a captive portal': { status: 200, contentType: 'text/html', body: '<h1>Welcome to our wireless network</h1>' },
  'a gateway': { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' },
  'somebody who wants a password': { status: 401, contentType: 'text/html', body: '<h1>Who are you?</h1>' },
  'a wall': { status: 403, contentType: 'text/plain', body: 'no' },
  'JSON of somebody else': { status: 200, contentType: 'application/json', body: 'null' },
  'an error of somebody else': { status: 400, contentType: 'application/json', body: '{"error":"bad luck"}' },
}

await play({
  async a_server_that_is_away_signs_nobody_out(browser) {
    const app = await App.start(browser)
    app.expect(nobody)
    const away = `${url} does not answer.`
    await please('stop')
    await app.trySignIn('bob', passwordOf('bob'))
    await app.says(away)
    await please('start')
    await app.press('Sign in')
    await app.at('Who am I')

    await please('stop')
    await app.tab.getByRole('link', { name: 'Sessions' }).click()
    await app.says(`${away} Try again`)
    await app.at('Sessions')
    await app.press('Expire now')
    await app.panel(`${away} You are still signed in.`)
    await app.press('Sign out everywhere')
    await app.says(away)
    await app.press('Try again')
    await please('start')
    await app.tryAgain()
    await app.isFine()
    await app.rows().first().waitFor()
    await app.panel(/left\. Got/)

    // At load the files are the browser's, which asks whether they are still good; so the page came from elsewhere.
    await app.tab.route('**/api/v1/me', (route) => route.abort('connectionrefused'))
    await app.tab.reload()
    await app.at('Not now')
    await app.says(`${away} Try again`)
    await app.tab.unroute('**/api/v1/me')
    await app.tryAgain()
    await app.at('Sessions')
    app.judge()
  },

  async a_signout_without_the_server_forgets_here_and_says_what_that_means(browser) {
    const app = await App.start(browser)
    await app.signIn()
    app.expect(nobody)
    const { at } = await app.kept()
    await please('stop')
    await app.press('Sign out')
    await app.says(`This page has forgotten you, but the server has not: the session goes on until it runs out. ${url} does not answer.`)
    await app.isSignedOut()
    await please('start')
    assert.ok(await app.isGood(at))
    app.judge()
  },

  async who_answers_in_the_servers_place_signs_nobody_out(browser) {
    const app = await App.start(browser)
    await app.signIn()
    app.expect(/status of (400|401|403|502|503) /)
    for (const [who, answer] of Object.entries(between)) {
      await app.tab.route(/\/(oauth2|bff|api)\//, (route) => route.fulfill(answer))
      await app.press('Expire now')
      await app.panel(/You are still signed in\./)
      await app.tab.getByRole('link', { name: 'Activity' }).click()
      await app.tab.locator('main .message:visible', { hasText: 'Try again' }).waitFor()
      assert.ok(await app.refreshToken(), who)
      await app.tab.unroute(/\/(oauth2|bff|api)\//)
      await app.tryAgain()
      await app.isFine()
      await app.rows().first().waitFor()
      await app.go('Me')
    }
    // And at the sign-in nobody is signed in by it.
    await app.signOut()
    for (const [who, answer] of Object.entries(between)) {
      await app.tab.route(/\/(oauth2|bff)\//, (route) => route.fulfill(answer))
      await app.trySignIn('bob', passwordOf('bob'))
      await app.tab.locator('form .message:visible').waitFor()
      assert.equal(await app.refreshToken(), undefined, who)
      assert.deepEqual(await app.typed('Username'), ['bob'], who)
      await app.tab.unroute(/\/(oauth2|bff)\//)
    }
    app.judge()
  },

  async a_server_that_asks_to_wait_is_believed(browser) {
    const app = await App.start(browser)
    await app.signIn()
    app.expect(refused(503, renewal))
    const kept = await app.refreshToken()
    const dialect = mode === 'cookie' ? 'detail' : 'error_description'
    const body = JSON.stringify({ error: 'temporarily_unavailable', [dialect]: 'Somebody else renews it.', reason: 'wait_and_retry' })
    await app.tab.route(`**${renewal}`, (route) => route.fulfill({ status: 503, contentType: 'application/json', headers: { 'Retry-After': '7' }, body }))
    await app.press('Expire now')
    await app.panel('Somebody else renews it. Try again in 7 s. You are still signed in.')
    assert.equal(await app.refreshToken(), kept)
    await app.tab.unroute(`**${renewal}`)
    await app.go('Sessions')
    await app.rows().first().waitFor()
    assert.notEqual(await app.refreshToken(), kept)
    app.judge()
  },

  async a_refusal_is_met_with_one_new_token_and_no_second(browser) {
    const app = await App.start(browser)
    await app.signIn()
    app.expect(refused(401, '/api/v1/me/activity'))
    await app.tab.route('**/api/v1/me/activity', (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{}' }))
    await app.tab.getByRole('link', { name: 'Activity' }).click()
    await app.says(`${url} answers 401. Try again`)
    assert.deepEqual([app.asked('GET', '/api/v1/me/activity'), app.renewals()], [2, 1])
    await app.at('Activity')
    // With a token that is good it is the second answer that counts.
    await app.tab.unroute('**/api/v1/me/activity')
    const other = await App.start(app.context)
    await app.edit({ at: 'e30.e30.e30' })
    await app.tryAgain()
    await app.rows().first().waitFor()
    assert.deepEqual([app.asked('GET', '/api/v1/me/activity'), app.renewals()], [4, 2])
    app.judge()
    other.judge()
  },

  async the_token_is_renewed_under_a_page_that_slept(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.tells('Username', 'bob')
    // The page's own clock stands: only the server knows that the token has run out.
    await please('seconds pass: 301')
    app.expect(refused(401, '/api/v1/me/sessions'))
    await app.go('Sessions')
    await app.rows().first().waitFor()
    assert.deepEqual(await app.messages(), [])
    assert.deepEqual([app.asked('GET', '/api/v1/me/sessions'), app.renewals()], [2, 1])
    app.judge()
  },

  async a_session_that_idled_too_long_says_so(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.tells('Username', 'bob')
    await please(`seconds pass: ${30 * 24 * 60 * 60 + 1}`)
    app.expect(refused(401, '/api/v1/me/sessions'), noRenewal)
    await app.tab.getByRole('link', { name: 'Sessions' }).click()
    await app.says('You are signed out. The session was not used for so long that it ended.')
    await app.isSignedOut()
    // Where one wanted to go one comes to.
    await app.signIn()
    await app.at('Sessions')
    app.judge()
  },
})
