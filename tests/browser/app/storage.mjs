// What if somebody has a hand in what the page keeps, or the browser keeps nothing? Nothing breaks, and the person is told.
import assert from 'node:assert/strict'
import { App, entry, passwordOf, play, program, refused, url } from './app.mjs'

const damaged = ['no JSON', '{"at":"x","rt":', '"a text"', '5', 'true', 'null', '[]', '{}', '{"rt":5}', '{"rt":""}', '{"rt":null,"at":"e30.e30.e30"}', '']

/** What one may do to an entry whose refresh token is good. */
const scratched = [
  { at: '' }, { at: 5 }, { at: null }, { at: 'two words' }, { at: 'línea\r\nX-Evil: 1' }, { at: 'e30.e30.e30' },
  { at: 'e30.e30.e30', exp: 4_102_444_800_000 }, { exp: 0 }, { exp: -1 }, { exp: 'soon' }, { exp: null }, { exp: 1e300 }, { exp: {} },
  { life: 0 }, { life: -1e9 }, { life: 1e300 }, { life: [] }, { since: null }, { since: {} }, { when: 'yesterday' }, { when: null },
  { when: -1e300 }, { when: 1e12 }, { by: {} }, { by: '<b>' }, { at: undefined, exp: undefined, life: undefined, since: undefined, when: undefined, by: undefined },
]

await play({
  async a_damaged_entry_is_told_of_and_taken_away(browser) {
    const app = await App.start(browser)
    for (const [place, text] of damaged.entries()) {
      await app.signIn()
      // Under the page, or before it is there.
      if (place % 2) await app.tab.goto(`${url}/errors`)
      await app.tab.evaluate(([entry, text]) => localStorage.setItem(entry, text), [entry, text])
      if (place % 2) await app.visit()
      else await app.look()
      await app.says('You are signed out. What this browser kept of your sign-in is damaged.')
      await app.isSignedOut()
    }
    app.judge()
  },

  async a_scratched_entry_is_mended_while_its_refresh_token_is_good(browser) {
    const app = await App.start(browser)
    await app.signIn()
    app.expect(/status of 401 .*\/api\/v1\/me/)
    for (const change of scratched) {
      await app.edit(change)
      await app.look()
      await app.go('Sessions')
      await app.rows().first().waitFor()
      await app.isFine()
      await app.edit(change)
      await app.tab.reload()
      await app.rows().first().waitFor()
      await app.look()
      await app.panel(/(left|run out)\. Got/)
      assert.deepEqual(await app.messages(), [], JSON.stringify(change))
      await app.go('Me')
      await app.tells('Username', 'bob')
      await app.tab.evaluate(() => document.querySelector('.list')?.replaceChildren())
    }
    app.judge()
  },

  async a_refresh_token_that_is_none_ends_the_signin_with_its_reason(browser) {
    const app = await App.start(browser)
    app.expect(refused(400, '/oauth2/token'))
    for (const rt of ['guessed', 'snow ☃\u0000man', '&grant_type=password', 'x'.repeat(4000)]) {
      await app.signIn()
      await app.edit({ rt, exp: 0 })
      await app.look()
      await app.says(/^You are signed out\. (The token is not one of this server's, or is damaged|The request cannot be read)\./)
      await app.isSignedOut()
    }
    app.judge()
  },

  async an_access_token_of_somebody_else_lasts_until_the_next_renewal(browser) {
    const app = await App.start(browser)
    await app.signIn()
    const ada = await program('ada')
    await app.edit({ at: ada.token })
    await app.press('Expire now')
    await app.panel(/^((?!run out).)*$/s)
    await app.go('Sessions')
    await app.go('Me')
    await app.tells('Username', 'bob')
    app.judge()
  },

  async an_entry_that_is_gone_is_a_signout(browser) {
    const app = await App.start(browser)
    const other = await App.start(app.context)
    for (const wipe of [(entry) => localStorage.removeItem(entry), () => localStorage.clear()]) {
      await app.signIn()
      await other.at('Who am I')
      await app.tab.evaluate(wipe, entry)
      await other.says('You are signed out.')
      await app.says('You are signed out.')
      await Promise.all([app.isSignedOut(), other.isSignedOut()])
    }
    app.judge()
    other.judge()
  },

  async a_browser_that_keeps_nothing_signs_nobody_in(browser) {
    const full = () => {
      Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError')
      }
    }
    const forbidden = () =>
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('no', 'SecurityError')
        },
      })
    for (const way of [full, forbidden]) {
      const context = await browser.newContext()
      await context.addInitScript(way)
      const app = await App.start(context)
      await app.trySignIn('bob', passwordOf('bob'))
      await app.says('This browser keeps nothing for this page.')
      await app.at('Sign in')
      assert.deepEqual(await app.typed('Username'), ['bob'])
      assert.equal(app.asked('POST', '/oauth2/revoke'), 1, 'a session is left behind')
      app.judge()
    }
  },

  async a_store_that_is_full_for_a_while_costs_no_session(browser) {
    const app = await App.start(browser)
    await app.signIn()
    await app.tab.evaluate(() => {
      window.whole = Storage.prototype.setItem
      Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError')
      }
    })
    for (const name of ['Expire now', 'Break the refresh token']) {
      await app.press(name)
      await app.says('This browser keeps nothing for this page.')
    }
    // The token runs out, and the next one cannot be kept.
    await app.tab.evaluate(() => (Date.now = ((now) => () => now() + 400_000)(Date.now)))
    await app.panel('This browser keeps nothing for this page. You are still signed in.')
    await app.tab.getByRole('link', { name: 'Sessions' }).click()
    await app.tab.locator('main .message', { hasText: 'This browser keeps nothing for this page. Try again' }).waitFor()
    await app.tab.evaluate(() => (Storage.prototype.setItem = window.whole))
    await app.tryAgain()
    await app.isFine()
    await app.rows().first().waitFor()
    app.judge()
  },
})
