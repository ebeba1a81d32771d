// Can a page of somebody else sign people out, or in, or get a token? Each way to send a POST without being asked for it first, and a frame.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { App, play, url } from './app.mjs'

const doors = ['/bff/logout', '/bff/refresh', '/bff/login']
const login = JSON.stringify({ username: 'ada', password: 'ada-dev-password' })

/** A site of somebody else on this machine: `http://NAME:PORT`. */
async function site(name) {
  const server = createServer((_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>elsewhere</title>'))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://${name}:${server.address().port}/`
}

/** Ways for a script to send it; each answers with what the script learns. */
const ways = {
  simple: (door, body) => fetch(door, { method: 'POST', mode: 'no-cors', credentials: 'include', body }),
  json: (door, body) => fetch(door, { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'Content-Type': 'text/plain' }, body }),
  open: (door, body) => fetch(door, { method: 'POST', credentials: 'include', body }),
  ours: (door, body) => fetch(door, { method: 'POST', credentials: 'include', headers: { 'X-Grantd': '1', 'Content-Type': 'application/json' }, body }),
  beacon: async (door, body) => navigator.sendBeacon(door, body),
}

/** Sends a form, as text that a careless server might read as JSON; what is shown then is the server's answer. */
async function sendForm(tab, door) {
  const answered = tab.waitForResponse((response) => response.request().method() === 'POST' && response.url() === url + door)
  await tab.evaluate(
    ([action, body]) => {
      const form = Object.assign(document.createElement('form'), { action, method: 'post', enctype: 'text/plain' })
      form.append(Object.assign(document.createElement('input'), { name: body.slice(0, -1) + ',"x":"', value: '"}' }))
      document.body.append(form)
      form.submit()
    },
    [url + door, login],
  )
  assert.equal((await answered).status(), 403, `a form at ${door}`)
  await tab.waitForURL(url + door)
  assert.match(await tab.content(), /errors#cross_site_request/)
}

await play({
  async a_page_of_another_site_gets_nowhere(browser) {
    const app = await App.start(browser)
    const sites = [await site('localhost'), await site('grantd.test')]
    const tab = await app.context.newPage()
    const sent = []
    tab.on('request', (request) => request.method() === 'POST' && sent.push(request))
    for (const signedIn of [false, true]) {
      if (signedIn) {
        await app.signIn()
        await app.tells('Username', 'bob')
      }
      const kept = (await app.cookie())?.value
      for (const elsewhere of sites) {
        for (const door of doors) {
          const where = `${door} from ${elsewhere}${signedIn ? ', signed in' : ''}`
          await tab.goto(elsewhere)
          for (const [way, send] of Object.entries(ways)) {
            const told = await tab.evaluate(`(${send})(${JSON.stringify(url + door)}, ${JSON.stringify(login)}).then(async (answer) => answer === true ? 'sent' : answer.type + (await answer.text()), String)`)
            const expected = { simple: 'opaque', json: 'opaque', beacon: 'sent' }[way] ?? 'TypeError: Failed to fetch'
            assert.equal(told, expected, `${way}: ${where}`)
          }
          await sendForm(tab, door)
        }
        await tab.goto(elsewhere)
        // The page itself shows in no frame of theirs.
        const refused = tab.waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
        await tab.evaluate((src) => document.body.append(Object.assign(document.createElement('iframe'), { src })), `${url}/app/`)
        await refused
        for (const frame of tab.frames().slice(1)) assert.doesNotMatch(await frame.content(), /Sign in|bob/)
      }
      assert.equal((await app.cookie())?.value, kept)
    }
    // One way is stopped by the browser, which asks first; the form is one more. Of a page that is left some answers are not heard.
    assert.ok(sent.length >= doors.length * sites.length * 2 * Object.keys(ways).length, `${sent.length} were sent`)
    const answers = await Promise.all(sent.map((request) => request.response().catch(() => null)))
    assert.ok(answers.filter(Boolean).length >= sent.length / 2, `of ${sent.length} an answer to ${answers.filter(Boolean).length} was heard`)
    for (const answer of answers.filter(Boolean)) assert.equal(answer.status(), 403, answer.url())
    // Whoever was signed in still is, with the session of then.
    await app.press('Expire now')
    await app.panel(/(4:5\d|5:00) left/)
    await app.go('Sessions')
    await app.rows().first().waitFor()
    assert.equal(await app.rows().count(), 1)
    app.judge()
  },
})
