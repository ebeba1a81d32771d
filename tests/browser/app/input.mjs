// What if somebody types what cannot be, or the server says no? The message stands where the fault is, and nothing typed is lost.
import assert from 'node:assert/strict'
import { please } from '../browser.mjs'
import { App, endSessionsOf, entrance, noRenewal, noSignIn, nobody, passwordOf, play, program, refused } from './app.mjs'

const secret = 'a few words of mine'

/** The message beside the field of this label, which has the focus and names the message for those who do not see it. */
async function blamed(app, label, text) {
  const field = app.tab.getByLabel(label, { exact: true })
  await app.tab.locator('.fault').first().waitFor()
  assert.equal(await field.getAttribute('aria-invalid'), 'true', label)
  assert.ok(await field.evaluate((field) => field === document.activeElement), `${label} has no focus`)
  const about = await field.evaluate((field) => field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id)?.textContent).join(' '))
  assert.match(about, text)
}

await play({
  async an_empty_field_is_named_and_nothing_is_sent(browser) {
    const app = await App.start(browser)
    await app.press('Sign in')
    await blamed(app, 'Username', /Type something here/)
    assert.equal(await app.tab.locator('.fault').count(), 2)
    await app.type({ Username: 'bob' })
    await app.tab.keyboard.press('Enter')
    await blamed(app, 'Password', /Type something here/)
    assert.equal(await app.tab.locator('.fault').count(), 1)
    assert.equal(await app.tab.getByLabel('Username', { exact: true }).getAttribute('aria-invalid'), 'false')
    await app.tab.getByRole('link', { name: 'Make an account' }).click()
    await app.at('Sign up')
    await app.type({ Username: 'grace' })
    await app.press('Sign up')
    await blamed(app, 'E-mail', /Type something here/)
    // What the field says of itself is not lost beside the fault.
    await app.type({ 'E-mail': 'grace@example.org' })
    await app.press('Sign up')
    await blamed(app, 'Password', /Type something here\. a few words/)
    assert.equal(app.asked('POST', entrance) + app.asked('POST', '/api/v1/users'), 0)
    app.judge()
  },

  async what_cannot_be_is_blamed_on_its_field_and_stays_typed(browser) {
    const app = await App.start(browser)
    app.expect(refused(422, '/api/v1/users'), refused(409, '/api/v1/users'))
    await app.trySignUp('grace', 'grace@example.org', 'short')
    await blamed(app, 'Password', /too short/)
    await app.type({ Password: 'password1' })
    await app.press('Sign up')
    await blamed(app, 'Password', /tried first/)
    await app.type({ Username: 'gr ace', 'E-mail': 'nobody', Password: secret })
    await app.press('Sign up')
    await blamed(app, 'Username', /characters that are not allowed/)
    await app.tab.locator('.fault', { hasText: 'not an e-mail address' }).waitFor()
    assert.equal(await app.tab.locator('.fault').count(), 2)
    await app.type({ Username: 'w'.repeat(65), 'E-mail': `${'w'.repeat(250)}@example.org` })
    await app.press('Sign up')
    await blamed(app, 'Username', /too long/)
    await app.type({ Username: 'ADA', 'E-mail': 'grace@example.org' })
    await app.press('Sign up')
    await blamed(app, 'Username', /Another user has this name/)
    await app.type({ Username: 'grace', 'E-mail': 'Ada@example.org' })
    await app.press('Sign up')
    await blamed(app, 'E-mail', /Another user has this e-mail/)
    assert.deepEqual(await app.typed('Username', 'E-mail', 'Password'), ['grace', 'Ada@example.org', secret])
    await app.type({ 'E-mail': 'grace@example.org' })
    await app.tab.keyboard.press('Enter')
    await app.at('Who am I')
    await app.signOut()
    assert.deepEqual(await app.typed('Username', 'Password'), ['', ''], 'somebody else could read it')
    app.judge()
  },

  async a_wrong_password_is_refused_and_soon_has_to_wait(browser) {
    const app = await App.start(browser)
    app.expect(noSignIn)
    for (const [username, tries] of [['nobody.of.ours', 1], ['bob', 5]]) {
      for (let count = 0; count < tries; count += 1) {
        await app.trySignIn(username, `wrong ${count}`)
        await app.says('The name and the password do not fit together, or there were too many tries.')
        assert.deepEqual(await app.messages().then((said) => said.filter((text) => text.includes('Try again in'))), [])
      }
    }
    await app.press('Sign in')
    await app.says('too many tries. Try again in 1 s.')
    await app.press('Sign in')
    await app.says('too many tries. Try again in 1 s.')
    assert.deepEqual(await app.typed('Username', 'Password'), ['bob', 'wrong 4'])
    await please('seconds pass: 1')
    await app.signIn('bob')
    app.judge()
  },

  async two_presses_send_a_form_once(browser) {
    const app = await App.start(browser)
    const twice = (name) => app.button(name).evaluate((button) => [button.click(), button.click()])
    await app.tab.getByRole('link', { name: 'Make an account' }).click()
    await app.type({ Username: 'grace', 'E-mail': 'grace@example.org', Password: secret })
    await twice('Sign up')
    await app.at('Who am I')
    assert.equal(app.asked('POST', '/api/v1/users'), 1)
    assert.equal(app.asked('POST', entrance), 1)
    await app.signOut()
    await app.type({ Username: 'grace', Password: secret })
    await twice('Sign in')
    await app.at('Who am I')
    assert.equal(app.asked('POST', entrance), 2)
    app.judge()
  },

  async what_was_typed_waits_for_whom_the_server_signed_out(browser) {
    const app = await App.start(browser)
    app.expect(nobody, refused(401, '/api/v1/me/.*'), noRenewal)
    const typing = async (text) => {
      await app.go('Cats')
      await app.type({ 'A new cat is called': text })
      await endSessionsOf('bob')
      await app.tab.getByRole('link', { name: 'Sessions' }).click()
      await app.says('You are signed out. An administrator ended the session.')
      await app.isSignedOut()
    }
    await app.signIn('bob')
    await typing('Mo of Krakow')
    await app.signIn('bob')
    await app.go('Cats')
    assert.deepEqual(await app.typed('A new cat is called'), ['Mo of Krakow'])
    await typing('a secret of bob')
    await app.signIn('ada')
    await app.go('Cats')
    assert.deepEqual(await app.typed('A new cat is called'), [''])
    // Whoever leaves by himself leaves nothing.
    await app.type({ 'A new cat is called': 'a secret of ada' })
    await app.signOut()
    await app.signIn('ada')
    await app.go('Cats')
    assert.deepEqual(await app.typed('A new cat is called'), [''])
    app.judge()
  },

  async a_password_of_any_letters_signs_in(browser) {
    const app = await App.start(browser)
    const odd = ' pässwörd & more=1 + "<b>" 🐈 '
    await app.trySignUp('grace', 'grace@example.org', odd)
    await app.at('Who am I')
    await app.signOut()
    await app.signIn('grace', odd)
    app.judge()
  },

  async a_locked_user_is_told_why(browser) {
    const app = await App.start(browser)
    await app.signIn('bob')
    app.expect(refused(401, '/api/v1/me/sessions'), noRenewal, noSignIn)
    const ada = await program('ada')
    const { items } = await ada.ask('GET', '/api/v1/admin/users?q=bob')
    await ada.ask('PATCH', `/api/v1/admin/users/${items[0].id}`, { locked: true })
    await app.tab.getByRole('link', { name: 'Sessions' }).click()
    await app.says('You are signed out. An administrator has locked the user.')
    await app.trySignIn('bob', passwordOf('bob'))
    await app.tab.locator('form .message:visible').waitFor()
    app.judge()
  },
})
