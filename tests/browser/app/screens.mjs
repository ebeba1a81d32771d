// What does a person find on each screen of /app/?
import assert from 'node:assert/strict'
import { please } from '../browser.mjs'
import { App, cats, noRenewal, nobody, play, program, refused, url } from './app.mjs'

const secret = 'a few words of mine'

await play({
  async a_newcomer_signs_up_and_is_signed_in(browser) {
    const app = await App.start(browser)
    await app.at('Sign in')
    await app.trySignUp('grace.hopper', 'grace@example.org', secret)
    await app.at('Who am I')
    assert.equal(new URL(app.tab.url()).hash, '#/')
    for (const [word, value] of [['Name', 'none yet'], ['Username', 'grace.hopper'], ['E-mail', 'grace@example.org'], ['Roles', 'none']]) {
      await app.tells(word, value)
    }
    assert.equal(await app.tab.locator('.card .initials').innerText(), 'GH')
    assert.equal(await app.tab.locator('#person').innerText(), 'grace.hopper')
    // A link, which nobody follows by himself: the page judges that Gravatar is not asked.
    assert.match(await app.about('Picture').getByRole('link').getAttribute('href'), /^https:\/\/gravatar\.com\/avatar\/[0-9a-f]{64}$/)
    assert.equal(await app.tab.locator('img').count(), 0)
    assert.ok(!JSON.stringify(await app.kept()).includes(secret))
    app.judge()
  },

  async one_signs_in_by_username_or_email_and_out_again(browser) {
    const app = await App.start(browser)
    for (const name of ['ada', 'ADA@example.org', 'ada@example.org']) {
      await app.trySignIn(name, 'ada-dev-password')
      await app.at('Who am I')
      await app.tells('Username', 'ada')
      await app.tells('Roles', 'admin')
      const at = await app.accessToken()
      assert.ok(await app.isGood(at))
      await app.press('Sign out')
      await app.isSignedOut()
      await app.says('You are signed out.')
      await app.dies(at)
    }
    app.judge()
  },

  async a_session_is_signed_out_from_another(browser) {
    const here = await App.start(browser)
    const there = await App.start(browser)
    await here.signIn()
    await there.signIn()
    const at = await there.accessToken()
    await here.go('Sessions')
    await here.rows().nth(1).waitFor()
    assert.equal(await here.rows().count(), 2)
    const own = here.rows().filter({ hasText: 'this one' })
    assert.equal(await own.count(), 1)
    assert.equal(await own.getByRole('button').count(), 0, 'this one has a button of its own above')
    assert.match(await own.innerText(), /^Web client, Chromium on Linux.*from 127\.0\.0\.1, signed in/s)

    await here.tab.getByRole('button', { name: 'Sign out there: Web client, Chromium on Linux' }).click()
    await here.tab.getByText('Web client, Chromium on Linux: signed out.').waitFor()
    assert.ok(!(await here.isGood(at)))
    there.expect(refused(401, '/api/v1/me/activity'), noRenewal)
    await there.tab.getByRole('link', { name: 'Activity' }).click()
    await there.isSignedOut()
    await there.says('You are signed out. The session was ended from another one.')
    assert.match(await there.tab.getByRole('link', { name: 'What does that mean?' }).getAttribute('href'), /\/errors#session_ended$/)
    here.judge()
    there.judge()
  },

  async what_happened_to_the_account_is_listed_page_by_page(browser) {
    for (let times = 0; times < 28; times += 1) await (await program('bob')).leave()
    const app = await App.start(browser, { hash: '#/activity' })
    await app.signIn()
    await app.at('Activity')
    await app.rows().nth(49).waitFor()
    assert.match(await app.rows().first().innerText(), /^signed in .*by web, from 127\.0\.0\.1/s)
    assert.match(await app.rows().nth(1).innerText(), /^signed out /)
    await app.press('Show older ones')
    await app.rows().nth(57).waitFor()
    assert.match(await app.rows().last().innerText(), /^user created /)
    assert.ok(!(await app.button('Show older ones').isVisible()))
    app.judge()
  },

  async without_the_api_of_cats_its_screen_says_how_to_start_it(browser) {
    const app = await App.start(browser)
    await app.signIn()
    app.expect(nobody)
    await app.go('Cats')
    await app.says(`${cats} does not answer. Try again`)
    assert.match(await app.tab.locator('main').innerText(), /http:\/\/localhost:8090\/cats.*cargo run --example cats/s)
    await app.type({ 'A new cat is called': 'Mo' })
    await app.press('Add the cat')
    await app.tab.locator('form .message', { hasText: `${cats} does not answer.` }).waitFor()
    assert.deepEqual(await app.typed('A new cat is called'), ['Mo'])
    app.judge()
  },

  async signing_out_everywhere_is_noticed_by_another_browser(browser) {
    const here = await App.start(browser)
    const there = await App.start(browser)
    await here.signIn()
    await there.signIn()
    const tokens = await Promise.all([here.accessToken(), there.accessToken()])
    await here.press('Sign out everywhere')
    await here.isSignedOut()
    await here.says('You are signed out.')
    for (const at of tokens) assert.ok(!(await here.isGood(at)))
    there.expect(refused(401, '/api/v1/me/sessions'), noRenewal)
    await there.tab.getByRole('link', { name: 'Sessions' }).click()
    await there.says('You are signed out. All sessions of the user were signed out at once.')
    await there.isSignedOut()
    here.judge()
    there.judge()
  },

  async after_a_signout_neither_reload_nor_back_shows_anything_private(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.go('Sessions')
    await app.tab.reload()
    await app.at('Sessions')
    await app.rows().first().waitFor()
    await app.go('Activity')
    await app.signOut()
    for (const way of ['goBack', 'goBack', 'reload', 'goForward']) {
      await app.tab[way]()
      await app.isSignedOut()
      assert.doesNotMatch(await app.tab.locator('body').innerText(), /bob/, way)
    }
    // What stood there does not come back from the browser's own memory of pages either.
    await app.signIn()
    await app.tab.goto(`${url}/errors`)
    const other = await App.start(app.context)
    await other.signOut()
    await app.tab.goBack()
    await app.isSignedOut()
    app.judge()
    other.judge()
  },

  async names_are_shown_as_they_are_however_odd(browser) {
    const bob = await program('bob')
    const markup = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
    const app = await App.start(browser, { viewport: { width: 320, height: 800 } })
    await bob.ask('PATCH', '/api/v1/me', { name: markup })
    await app.signIn()
    await app.tells('Name', markup)
    assert.equal(await app.tab.locator('main img, main script').count(), 0)
    await program('bob', { 'User-Agent': '<img/src=x/onerror=alert(1)>' })
    await app.go('Sessions')
    await app.rows().filter({ hasText: 'Web client, <img/src=x/onerror=alert(1)>' }).waitFor()
    assert.equal(await app.tab.locator('main img, main script').count(), 0)
    await app.go('Me')
    for (const odd of ['W'.repeat(128), '…', '👩‍👩‍👧 Ünïcode', '-', ' . ']) {
      const told = await bob.ask('PATCH', '/api/v1/me', { name: odd }).catch(() => null)
      if (!told) continue
      await app.tab.reload()
      await app.tells('Name', told.name ?? 'none yet')
      const wider = await app.tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.equal(wider, 0, `${odd} makes it wider`)
    }
    app.judge()
  },

  async who_may_not_sign_up_is_told_so(browser) {
    const app = await App.start(browser)
    await please('close sign-up')
    app.expect(refused(403, '/api/v1/users'))
    await app.trySignUp('grace', 'grace@example.org', secret)
    await app.says('This server does not let people sign up by themselves.')
    assert.deepEqual(await app.typed('Username', 'E-mail'), ['grace', 'grace@example.org'])
    // Whoever comes later is not offered it.
    const later = await App.start(browser)
    await later.at('Sign in')
    assert.ok(!(await later.tab.getByRole('link', { name: 'Make an account' }).isVisible()))
    app.judge()
    later.judge()
  },
})
