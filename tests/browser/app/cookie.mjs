// Is the cookie mode as safe as the page says? Nothing that a script can look at holds a token, and whatever the cookie is, people are told.
import assert from 'node:assert/strict'
import { judge } from '../axe.mjs'
import { please } from '../browser.mjs'
import { App, held, noRenewal, noSignIn, nobody, passwordOf, play, refused, url } from './app.mjs'
import { pack, readable } from './reach.mjs'

/** A refresh token of somebody by a client, as a program would have got it. */
async function refreshTokenOf(username, client) {
  const body = new URLSearchParams({ grant_type: 'password', client_id: client, username, password: passwordOf(username) })
  return (await (await fetch(`${url}/oauth2/token`, { method: 'POST', body })).json()).refresh_token
}

const put = (app, value, path = '/') => app.context.addCookies([{ name: 'grantd_app', value, domain: 'localhost', path, httpOnly: true, sameSite: 'Strict' }])

/** Puts something into the cookie and has the page come upon it: at its next renewal, or when it opens. */
async function comesUpon(app, value, opens) {
  await put(app, value)
  if (opens) await app.tab.reload()
  else await app.press('Expire now')
}

await play({
  async nothing_that_a_script_can_look_at_holds_a_token(browser) {
    const context = await browser.newContext()
    await context.addInitScript(pack)
    const app = await App.start(context)
    const listener = await App.start(context)
    const tokens = new Set()
    const judged = async (moment) => {
      const [access, refresh] = [await app.accessToken(), await app.refreshToken()]
      assert.ok(access && refresh?.startsWith('grt_'), moment)
      for (const token of [access, refresh]) tokens.add(token)
      for (const tab of [app, listener]) {
        for (const [place, content] of Object.entries(await tab.tab.evaluate(readable))) {
          for (const token of tokens) assert.ok(!content.includes(token), `${moment}: ${place} holds ${token === access ? 'the access' : 'a'} token`)
          assert.doesNotMatch(content, /grt_|eyJ/, `${moment}: ${place}`)
        }
        // What the page sent and got: the access token alone, for the header of its requests.
        const { answers, headers } = await tab.tab.evaluate(() => window.seen)
        assert.ok(!answers.some((answer) => /grt_|refresh_token/.test(answer)), moment)
        assert.ok(tab !== app || answers.some((answer) => answer.includes(access)), 'the spy sees what the page is answered')
        assert.ok(!headers.some((header) => header.includes('grt_')), moment)
      }
    }
    await app.signIn()
    await listener.tells('Username', 'bob')
    await judged('after the sign-in')
    await app.press('Expire now')
    await app.tab.waitForResponse('**/bff/refresh')
    await app.panel(/(4:5\d|5:00) left/)
    await judged('after a refresh')
    await app.tab.reload()
    await app.tells('Username', 'bob')
    await judged('after a reload')
    for (const screen of ['Sessions', 'Activity']) {
      await app.go(screen)
      await app.rows().first().waitFor()
      await judged(screen)
    }
    // The spy would have seen what is there to be seen.
    const heard = await listener.tab.evaluate(() => window.seen.heard)
    assert.ok(heard.some((message) => message.includes('hello')), 'it hears the page’s channel')
    await app.tab.evaluate(() => localStorage.setItem('probe', 'grt_probe'))
    assert.match((await app.tab.evaluate(readable)).localStorage, /grt_probe/)
    app.judge()
    listener.judge()
  },

  async over_plain_http_the_cookie_is_for_this_host_alone_and_the_page_says_what_it_is_worth(browser) {
    const app = await App.start(browser)
    await app.signIn()
    const { name, httpOnly, sameSite, path, secure, domain } = await app.cookie()
    assert.deepEqual({ name, httpOnly, sameSite, path, secure, domain }, { name: 'grantd_app', httpOnly: true, sameSite: 'Strict', path: '/', secure: false, domain: 'localhost' })
    await app.tab.locator('aside b:visible', { hasText: 'This server speaks plain http, so the cookie travels unprotected, and to every program on this host, on any port: for development only.' }).waitFor()
    assert.ok(!(await app.button('Break the refresh token').isVisible()), 'there is nothing to break')
    app.judge()
  },

  async a_cookie_that_is_none_is_taken_away_with_its_reason(browser) {
    const app = await App.start(browser)
    app.expect(noRenewal)
    const bad = [
      ["The token is not one of this server's, or is damaged.", 'unknown_token', () => 'garbage'],
      ["The token is not one of this server's, or is damaged.", 'unknown_token', async () => `${await app.refreshToken()}x`],
      ['The token was issued to another client.', 'other_client', () => refreshTokenOf('bob', 'swagger-ui')],
    ]
    for (const [sentence, reason, make] of bad) {
      for (const opens of [false, true]) {
        await app.signIn()
        await app.tells('Username', 'bob')
        await comesUpon(app, await make(), opens)
        await app.says(`You are signed out. ${sentence}`)
        await app.isSignedOut()
        assert.match(await app.tab.getByRole('link', { name: 'What does that mean?' }).getAttribute('href'), new RegExp(`/errors#${reason}$`))
      }
    }
    app.judge()
  },

  async the_cookie_of_another_user_makes_the_page_his(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.tells('Username', 'bob')
    await comesUpon(app, await refreshTokenOf('ada', 'web'), true)
    await app.tells('Username', 'ada')
    assert.equal(await app.tab.locator('#person').innerText(), 'ada')
    assert.deepEqual(await app.messages(), [])
    app.judge()
  },

  async two_cookies_of_the_name_sign_nobody_out_but_whoever_wants_to_go(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.tells('Username', 'bob')
    app.expect(refused(400, '/bff/(refresh|user)'))
    await put(app, 'another', '/bff')
    await app.press('Expire now')
    await app.panel('A parameter was sent more than once. You are still signed in.')
    await app.tab.reload()
    await app.says('A parameter was sent more than once. Try again')
    await app.context.clearCookies({ name: 'grantd_app', path: '/bff' })
    await app.tryAgain()
    await app.tells('Username', 'bob')
    await put(app, 'another', '/bff')
    await app.signOut()
    app.judge()
  },

  async a_cookie_that_is_gone_is_a_signout_at_the_next_renewal(browser) {
    const app = await App.start(browser)
    const other = await App.start(app.context)
    app.expect(noRenewal)
    await app.signIn()
    await other.tells('Username', 'bob')
    await app.context.clearCookies()
    await app.press('Expire now')
    for (const tab of [app, other]) {
      await tab.says('You are signed out.')
      await tab.isSignedOut()
      tab.judge()
    }
  },

  async an_old_cookie_that_comes_again_ends_the_session_and_is_told_of(browser) {
    const app = await App.start(browser)
    app.expect(noRenewal)
    await app.signIn()
    await app.tells('Username', 'bob')
    const old = await app.refreshToken()
    for (let times = 0; times < 2; times += 1) {
      const renewed = app.tab.waitForResponse('**/bff/refresh')
      await app.press('Expire now')
      await renewed
      await app.panel(/(4:5\d|5:00) left/)
    }
    const [token, newest] = [await app.accessToken(), await app.refreshToken()]
    assert.ok(await app.isGood(token))
    await comesUpon(app, old, false)
    await app.says('You are signed out. A refresh token that had been replaced was used again')
    await app.isSignedOut()
    assert.match(await app.tab.getByRole('link', { name: 'What does that mean?' }).getAttribute('href'), /\/errors#refresh_token_reused$/)
    assert.ok(!(await app.isGood(token)), 'the session goes on')
    // Whoever has the newest one has nothing either.
    await put(app, newest)
    await app.tab.reload()
    await app.says('You are signed out. A refresh token that had been replaced was used again')
    await please('refresh tokens that came again: 1')
    app.judge()
  },

  async what_comes_late_takes_nothing_from_the_form(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.tells('Username', 'bob')
    app.expect(refused(401, '/api/v1/me/sessions'))
    const request = await held(app, '**/api/v1/me/sessions')
    await app.tab.getByRole('link', { name: 'Sessions' }).click()
    await request.reached
    await app.signOut()
    await app.type({ Username: 'ada', Password: passwordOf('ada') })
    const answered = app.tab.waitForResponse('**/api/v1/me/sessions')
    request.goOn()
    await answered
    await app.press('Sign in')
    await app.tab.locator('#person', { hasText: 'ada' }).waitFor()
    app.judge()
  },

  async everybody_can_read_each_screen(browser) {
    for (const [colorScheme, width] of [['light', 1200], ['dark', 320]]) {
      const app = await App.start(browser, { colorScheme, viewport: { width, height: 800 } })
      const read = (what) => judge(app, `${what}, ${colorScheme}, ${width} px`)
      app.expect(noSignIn, nobody)
      await app.trySignIn('bob', 'not his')
      await app.says('do not fit together')
      await read('a refused sign-in')
      await app.signIn()
      await app.tells('Username', 'bob')
      await app.panel('nothing here to break')
      await read('who am I')
      for (const screen of ['Sessions', 'Activity']) {
        await app.go(screen)
        await app.rows().first().waitFor()
        await read(screen)
      }
      await app.go('Cats')
      await app.says('does not answer')
      await read('cats')
      await app.signOut()
      await app.says('You are signed out.')
      await read('signed out')
      app.judge()
    }
  },
})
