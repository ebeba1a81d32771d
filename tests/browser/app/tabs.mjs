// What do several tabs have of each other? One sign-in, one sign-out, and one refresh for all.
import assert from 'node:assert/strict'
import { App, cats, held, noRenewal, nobody, play, refused, renewal as endpoint } from './app.mjs'

await play({
  async a_signout_reaches_the_other_tabs_within_a_second(browser) {
    const app = await App.start(browser)
    // Nothing there looks by itself, as a page does each second: that it hears of it is all it has.
    await app.context.addInitScript(() => void (window.setInterval = () => 0))
    const others = [await App.start(app.context), await App.start(app.context, { hash: '#/activity' })]
    await app.signIn()
    await others[0].tells('Username', 'bob')
    await others[1].rows().first().waitFor()
    await app.tells('Username', 'bob')
    await app.press('Sign out')
    for (const tab of [app, ...others]) {
      await tab.isSignedOut()
      await tab.says('You are signed out.')
      tab.judge()
    }
  },

  async a_signin_reaches_the_other_tabs(browser) {
    const app = await App.start(browser)
    const other = await App.start(app.context, { hash: '#/sessions' })
    await app.signIn()
    await other.at('Sessions')
    await other.rows().first().waitFor()
    assert.equal(await other.rows().count(), 1)
    app.judge()
    other.judge()
  },

  async nothing_is_sent_as_somebody_who_signed_in_elsewhere(browser) {
    const app = await App.start(browser)
    const other = await App.start(app.context)
    app.expect(nobody, noRenewal, refused(401, '/api/v1/me'))
    other.expect(nobody)
    await app.signIn('ada')
    await app.go('Cats')
    await app.type({ 'A new cat is called': 'a secret of ada' })
    // The cat waits for a token, and meanwhile another tab becomes somebody else's.
    const renewal = await held(app, `**${endpoint}`)
    await app.tab.evaluate(() => (Date.now = ((now) => () => now() + 280_000)(Date.now)))
    await app.press('Add the cat')
    await renewal.reached
    await other.signOut()
    // A sign-in waits for the renewal, whose answer could bring the old tokens back.
    renewal.goOn()
    await other.signIn('bob')
    await app.tab.locator('#person', { hasText: 'bob' }).waitFor()
    await app.at('Cats and their owners')
    await app.says('does not answer')
    assert.deepEqual(await app.typed('A new cat is called'), [''])
    await app.go('Me')
    await app.tells('Username', 'bob')
    const sent = app.requests.filter((request) => request.method() === 'POST' && request.url() === `${cats}/cats`)
    assert.equal(sent.length, 0)
    app.judge()
    other.judge()
  },

  async a_signout_during_a_renewal_holds(browser) {
    const app = await App.start(browser)
    const other = await App.start(app.context)
    await app.signIn()
    await other.at('Who am I')
    app.expect(noRenewal)
    const renewal = await held(app, `**${endpoint}`)
    await app.press('Expire now')
    await renewal.reached
    await other.signOut()
    await app.isSignedOut()
    const answered = app.tab.waitForResponse(`**${endpoint}`)
    renewal.goOn()
    await answered
    await app.tab.waitForFunction(async () => (await navigator.locks.query()).held.length === 0)
    await app.tab.unroute(`**${endpoint}`)
    // The answer came too late to sign anybody in.
    await app.tab.reload()
    await app.isSignedOut()
    app.judge()
    other.judge()
  },

  async expire_now_brings_a_new_token_for_all_tabs(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.panel(/4:5\d left\. Got (now|\d+ seconds? ago) by this tab\. This tab is called \w{4}\./)
    const counted = await app.tab.locator('#left').innerText()
    await app.tab.locator('#left').filter({ hasNotText: counted }).waitFor()
    const [other] = await Promise.all([app.context.waitForEvent('page'), app.tab.getByRole('link', { name: 'Open a second tab' }).click()])
    const second = new App(other, app.url)
    await second.at('Who am I')
    await second.panel('2 tabs open, this one is called')
    await app.panel('2 tabs open, this one is called')
    const { at, since } = await app.kept()
    await second.press('Expire now')
    await second.panel(/by this tab/)
    await second.panel(/(4:5\d|5:00) left/)
    const name = (await second.tab.locator('#renewed').innerText()).match(/called (\w+)/)[1]
    await app.panel(`by tab ${name}. 2 tabs open`)
    const now = await app.kept()
    assert.notEqual(now.at, at)
    assert.equal(now.since, since, 'the same session')
    assert.equal(app.refreshes().length + second.refreshes().length, 1)
    await second.tab.close()
    await app.panel('This tab is called')
    app.judge()
    second.judge()
  },

  async a_broken_refresh_token_ends_the_signin_at_the_next_renewal(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.press('Break the refresh token')
    await app.says('The refresh token is spoilt. The next renewal, which Expire now brings about, will be refused.')
    await app.go('Sessions')
    await app.rows().first().waitFor()
    app.expect(refused(400, '/oauth2/token'))
    await app.press('Expire now')
    await app.says("You are signed out. The token is not one of this server's, or is damaged. What does that mean?")
    await app.isSignedOut()
    const meaning = await app.tab.getByRole('link', { name: 'What does that mean?' }).getAttribute('href')
    await app.signIn()
    assert.ok(!(await app.messages()).length, 'what is true no more is said')
    await app.tab.goto(meaning)
    await app.tab.locator('#unknown_token').waitFor()
    app.judge()
  },
})
