// What has a person of the example API at /app/? Its cats, its refusals in its own words, and a sign-out that holds there too.
import assert from 'node:assert/strict'
import { please } from '../browser.mjs'
import { App, cats, endSessionsOf, noRenewal, nobody, play, refused } from './app.mjs'

const field = 'A new cat is called'

/** The message that stands in the form. */
const said = (app, text) => app.tab.locator('form .message:visible', { hasText: text }).waitFor()

async function start(browser) {
  const app = await App.start(browser)
  await app.signIn('bob')
  await app.go('Cats')
  await app.rows().nth(2).waitFor()
  return app
}

await play({
  async cats_are_listed_and_added_and_a_name_that_is_refused_stays_typed(browser) {
    const app = await start(browser)
    assert.deepEqual(await app.rows().locator('b').allInnerTexts(), ['Mia', 'Tom', 'Ida'])
    assert.match(await app.rows().first().innerText(), /^A\s+Mia\s+lives with ada$/)
    await app.type({ [field]: 'Mo <b>of</b> Kraków' })
    await app.press('Add the cat')
    await app.rows().nth(3).waitFor()
    assert.match(await app.rows().nth(3).innerText(), /^B\s+Mo <b>of<\/b> Kraków\s+lives with bob$/)
    assert.deepEqual(await app.typed(field), [''])

    app.expect(refused(400, '/cats'))
    for (const name of ['w'.repeat(65), '   ']) {
      await app.type({ [field]: name })
      await app.press('Add the cat')
      await said(app, 'A name has 1 to 64 characters, none of them control characters.')
      assert.deepEqual(await app.typed(field), [name])
    }
    await app.press('Add the cat')
    await said(app, 'A name has 1 to 64 characters')
    await app.type({ [field]: 'Momo' })
    await app.press('Add the cat')
    await app.rows().nth(4).waitFor()
    await app.isFine()
    await app.tab.reload()
    await app.rows().nth(4).waitFor()
    assert.deepEqual(await app.rows().locator('b').allInnerTexts(), ['Mia', 'Tom', 'Ida', 'Mo <b>of</b> Kraków', 'Momo'])
    app.judge()
  },

  async a_signout_elsewhere_holds_at_once_and_while_the_api_is_away_nothing_typed_is_lost(browser) {
    const app = await start(browser)
    app.expect(nobody)
    await please('stop cats')
    await app.type({ [field]: 'Mo' })
    await app.press('Add the cat')
    await said(app, `${cats} does not answer.`)
    await app.go('Me')
    await app.go('Cats')
    await app.says(`${cats} does not answer. Try again`)
    await please('start cats')
    await app.press('Try again')
    await app.rows().nth(2).waitFor()
    assert.deepEqual(await app.typed(field), ['Mo'])
    await app.press('Add the cat')
    await app.rows().nth(3).waitFor()

    app.expect(refused(401, '/cats'), noRenewal)
    await app.type({ [field]: 'Momo' })
    await endSessionsOf('bob')
    await app.press('Add the cat')
    await app.says('You are signed out. An administrator ended the session.')
    await app.isSignedOut()
    await app.signIn('bob')
    await app.at('Cats and their owners')
    await app.rows().nth(3).waitFor()
    assert.equal(await app.rows().count(), 4, 'the cat was added by nobody')
    assert.deepEqual(await app.typed(field), ['Momo'])
    app.judge()
  },
})
