// Can everybody use /app/: in light and dark, on a small screen, by ear, without a pointer? And does nothing break its policy?
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { judge } from '../axe.mjs'
import { please } from '../browser.mjs'
import { App, cats, entry, nobody, play, program, refused, url } from './app.mjs'

// Where pictures of all screens go, for whoever wants to look at them.
const pictures = process.env.GRANTD_TEST_PICTURES

/** Judges a screen, and takes its picture if that is wanted. */
async function look(app, what) {
  await judge(app, what)
  if (!pictures) return
  await mkdir(pictures, { recursive: true })
  await app.tab.screenshot({ path: `${pictures}/${what.replaceAll(/[ ,]+/g, '-')}.png`, fullPage: true })
}

/** What has the focus, as one hears it. */
const focused = (app) => app.tab.evaluate(() => (document.activeElement.ariaLabel ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent).trim())

/** Goes on with the Tab key until this has the focus. */
async function walkTo(app, name) {
  const passed = []
  for (let steps = 0; steps < 40; steps += 1) {
    await app.tab.keyboard.press('Tab')
    const here = await focused(app)
    if (here === name) return
    passed.push(here)
  }
  assert.fail(`no ${name} after ${passed.join(', ')}`)
}

await play({
  async everybody_can_read_each_screen(browser) {
    const bob = await program('bob')
    await bob.ask('PATCH', '/api/v1/me', { name: 'Bob of the Long Name, Baron of Somewhere' })
    for (const [colorScheme, width] of [['light', 1100], ['dark', 320], ['light', 320], ['dark', 1100]]) {
      const at = `${colorScheme} ${width}`
      const app = await App.start(browser, { colorScheme, viewport: { width, height: 800 } })
      app.expect(nobody, refused(400, '/oauth2/token'), refused(409, '/api/v1/users'), refused(422, '/api/v1/users'))
      await look(app, `sign in, ${at}`)
      await app.press('Sign in')
      await look(app, `sign in empty, ${at}`)
      await app.trySignIn('bob', 'wrong')
      await app.says('do not fit together')
      await look(app, `sign in refused, ${at}`)
      await app.trySignUp('ada', 'nobody', 'short')
      await app.tab.locator('.fault').first().waitFor()
      await look(app, `sign up refused, ${at}`)
      await app.tab.getByRole('link', { name: 'I have an account' }).click()
      await app.signIn()
      await app.tells('Username', 'bob')
      await app.panel(/left\. Got/)
      await look(app, `me, ${at}`)
      for (const screen of ['Sessions', 'Activity']) {
        await app.go(screen)
        await app.rows().first().waitFor()
        await look(app, `${screen.toLowerCase()}, ${at}`)
      }
      await app.go('Cats')
      await app.says(`${cats} does not answer.`)
      await look(app, `cats away, ${at}`)
      await app.visit('#/nothing')
      await app.at('Nothing here')
      await look(app, `nothing, ${at}`)
      await app.tab.route('**/api/v1/me', (route) => route.abort('connectionrefused'))
      await app.tab.reload()
      await app.at('Not now')
      await look(app, `not now, ${at}`)
      await app.tab.unroute('**/api/v1/me')
      await app.tryAgain()
      await app.at('Nothing here')
      await app.press('Break the refresh token')
      await look(app, `broken, ${at}`)
      await app.press('Expire now')
      await app.says('You are signed out.')
      await look(app, `signed out, ${at}`)
      app.judge()
      await app.context.close()
    }
  },

  async nobody_needs_a_pointer(browser) {
    const app = await App.start(browser)
    const { keyboard } = app.tab
    await walkTo(app, 'Username')
    await keyboard.type('bob')
    await keyboard.press('Enter')
    // The field that is at fault is where one goes on.
    assert.equal(await focused(app), 'Password')
    await keyboard.type('bob-dev-password')
    await keyboard.press('Enter')
    await app.at('Who am I')
    assert.equal(await focused(app), 'Who am I', 'the new screen is not heard of')
    await app.tab.keyboard.press('Shift+Tab')
    await walkTo(app, 'Expire now')
    await keyboard.press('Home')
    await app.tab.reload()
    await app.at('Who am I')
    await walkTo(app, 'Sessions')
    await keyboard.press('Enter')
    await app.at('Sessions')
    assert.equal(await focused(app), 'Sessions')
    assert.equal(await app.tab.title(), 'Sessions · grantd')
    assert.equal(await app.tab.locator('nav [aria-current=page]').innerText(), 'Sessions')
    const outline = await app.tab.getByRole('link', { name: 'Activity' }).evaluate((link) => (link.focus({ focusVisible: true }), getComputedStyle(link).outlineWidth))
    assert.equal(outline, '3px')
    await app.tab.reload()
    await app.at('Sessions')
    await walkTo(app, 'Sign out')
    await keyboard.press('Space')
    await app.isSignedOut()
    assert.equal(await focused(app), 'Sign in')
    app.judge()
  },

  async a_page_of_another_host_signs_in_here(browser) {
    const { createServer } = await import('node:http')
    const { readFile } = await import('node:fs/promises')
    const types = { html: 'text/html', js: 'text/javascript', css: 'text/css' }
    const host = createServer(async (request, response) => {
      const name = new URL(request.url, 'http://host').pathname.replace('/app/', '').replace('/', '') || 'index.html'
      let file = await readFile(new URL(`../../../web-client/${name}`, import.meta.url), 'utf8').catch(() => null)
      // The one file that is changed on a host of one's own.
      if (name === 'config.js') file = file.replaceAll('http://localhost:8080', url)
      response.writeHead(file === null ? 404 : 200, { 'Content-Type': types[name.split('.').pop()] ?? 'text/plain' }).end(file)
    })
    await new Promise((resolve) => host.listen(0, '127.0.0.1', resolve))
    const at = `http://localhost:${host.address().port}`
    await please(`let in: ${at}`)
    const app = await App.start(browser, { at })
    app.others.push(url)
    assert.ok(await app.tab.getByRole('switch', { name: /cookie/ }).isDisabled())
    await app.tab.getByText('for which the page has to come from the server itself').waitFor()
    await app.signIn()
    await app.tells('Username', 'bob')
    const { at: first } = await app.kept()
    await app.press('Expire now')
    await app.tab.waitForFunction(([entry, first]) => JSON.parse(localStorage.getItem(entry)).at !== first, [entry, first])
    await please('seconds pass: 301')
    app.expect(refused(401, '/api/v1/me/sessions'))
    await app.go('Sessions')
    await app.rows().first().waitFor()
    await app.press('Sign out')
    await app.isSignedOut()
    await app.dies(first)
    assert.equal(app.requests.filter((request) => request.url().startsWith(`${url}/oauth2/revoke`)).length, 2)
    app.judge()
    host.close()
  },
})
