// What does a person do at /app/? Signs up, in and out, goes from screen to screen, and reads what is said there.
import assert from 'node:assert/strict'
import { browse, Page } from '../browser.mjs'

/** `node FILE URL SCENE MODE [CATS [SERVER]]`: where the issuer is, which scene is played, how the page keeps tokens, where the API of cats is, and the server behind a proxy. */
const [url, scene, mode, api = '127.0.0.1:9', behind] = process.argv.slice(2)
export { behind, mode, url }
/** Where the page keeps its tokens in localStorage. */
export const entry = `grantd.tokens ${url}`

const cookieMode = mode === 'cookie'
/** Where the page signs in. */
export const entrance = cookieMode ? '/bff/login' : '/oauth2/token'
/** Where it gets its next token. */
export const renewal = cookieMode ? '/bff/refresh' : '/oauth2/token'

/** What the page calls that API. Unless the scene has one nobody is there, whatever else runs on this machine. */
export const cats = 'http://localhost:8090'
const hosts = [`MAP localhost:8090 ${api}`, 'MAP grantd.test 127.0.0.1']

/** What Chromium says of a server that is not there. */
export const nobody = /ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/
/** What it says of a refusal by the endpoint at this path. */
export const refused = (status, path) => new RegExp(`status of ${status} .*${path}(\\?|$)`)

/** What it says of a password or a refresh token that is refused. */
export const noSignIn = refused(cookieMode ? 401 : 400, entrance)
export const noRenewal = refused(cookieMode ? 401 : 400, renewal)

/** Plays the scene that was asked for: a test of the same name. */
export const play = (scenes) => browse((browser) => scenes[scene](browser), [`--host-resolver-rules=${hosts.join(',')}`])

/** The password of one whom the server knows from its start. */
export const passwordOf = (username) => `${username}-dev-password`

/** Somebody's program that asks the server: `await ask('GET', '/api/v1/me')`; `headers` go with its sign-in. */
export async function program(username, headers = {}) {
  const scope = `openid profile email account sessions${username === 'ada' ? ' admin' : ''}`
  const body = new URLSearchParams({ grant_type: 'password', client_id: 'web', username, password: passwordOf(username), scope })
  const { access_token, refresh_token } = await (await fetch(`${url}/oauth2/token`, { method: 'POST', headers, body })).json()
  assert.ok(access_token, `no token for ${username}`)
  const ask = async (method, path, json) => {
    const headers = { Authorization: `Bearer ${access_token}`, ...(json && { 'Content-Type': 'application/json' }) }
    const answer = await fetch(url + path, { method, headers, body: json && JSON.stringify(json) })
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`)
    return answer.status === 204 ? null : answer.json()
  }
  const leave = () => fetch(`${url}/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: 'web', token: refresh_token }) })
  return { ask, leave, token: access_token }
}

/** An administrator ends all sessions of somebody. */
export async function endSessionsOf(username) {
  const ada = await program('ada')
  const { items } = await ada.ask('GET', `/api/v1/admin/users?q=${username}`)
  await ada.ask('DELETE', `/api/v1/admin/sessions?user_id=${items.find((user) => user.username === username).id}`)
}

/** Lets a request wait until it is told to go on. */
export async function held(app, path) {
  let asked
  const reached = new Promise((resolve) => (asked = resolve))
  let goOn
  const released = new Promise((resolve) => (goOn = resolve))
  await app.tab.route(path, async (route) => {
    asked()
    await released
    await route.continue()
  })
  return { reached, goOn }
}

/** The web client in a tab. */
export class App extends Page {
  /** Opens the page, in a browser of its own unless a context is given. */
  static async start(where, { hash = '', at = url, ...options } = {}) {
    const context = where.newContext ? await where.newContext(options) : where
    const app = await this.open(context, at)
    await app.visit(hash)
    return app
  }

  constructor(tab, at) {
    super(tab, at)
    this.others = [cats]
    // So a page learns that nobody is signed in.
    if (cookieMode) this.expect(refused(401, '/bff/user'))
  }

  get context() {
    return this.tab.context()
  }

  async visit(hash = '') {
    await this.tab.goto(`${this.url}/app/${hash}`)
    await this.tab.locator('h1').waitFor()
    const toggle = this.tab.getByRole('switch', { name: /cookie/ })
    if (cookieMode && !(await toggle.isChecked())) await toggle.check()
  }

  /** Waits for the screen of this title. */
  async at(title) {
    await this.tab.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
  }

  button(name) {
    return this.tab.getByRole('button', { name, exact: true })
  }

  /** Tries once more, unless the page has done so by itself. */
  async tryAgain() {
    await this.button('Try again').click({ timeout: 5000 }).catch(() => {})
  }

  async press(name) {
    await this.button(name).click()
  }

  async type(values) {
    for (const [label, value] of Object.entries(values)) await this.tab.getByLabel(label, { exact: true }).fill(value)
  }

  /** What stands in these fields. */
  async typed(...labels) {
    return Promise.all(labels.map((label) => this.tab.getByLabel(label, { exact: true }).inputValue()))
  }

  async trySignIn(username, password) {
    await this.at('Sign in')
    await this.type({ Username: username, Password: password })
    await this.press('Sign in')
  }

  async signIn(username = 'bob', password = passwordOf(username)) {
    await this.trySignIn(username, password)
    await this.tab.locator('#person').waitFor()
  }

  async trySignUp(username, email, password) {
    await this.tab.getByRole('link', { name: 'Make an account' }).click()
    await this.at('Sign up')
    await this.type({ Username: username, 'E-mail': email, Password: password })
    await this.press('Sign up')
  }

  async signOut() {
    await this.press('Sign out')
    await this.at('Sign in')
  }

  /** Goes to another screen by its link. */
  async go(link) {
    const titles = { Me: 'Who am I', Cats: 'Cats and their owners' }
    await this.tab.getByRole('navigation').getByRole('link', { name: link, exact: true }).click()
    await this.at(titles[link] ?? link)
  }

  /** Waits until a message reads so. */
  async says(text) {
    await this.tab.locator('.message:visible', { hasText: text }).first().waitFor()
  }

  /** All messages that are shown. */
  messages() {
    return this.tab.locator('.message:visible').allInnerTexts()
  }

  /** Waits until the screen has what it asked for: nothing is said to be wrong. */
  async isFine() {
    await this.tab.locator('main .message:visible').waitFor({ state: 'detached' })
  }

  /** Waits until the panel of the access token reads so. */
  async panel(text) {
    await this.tab.locator('.tokens', { hasText: text }).waitFor()
  }

  /** Where something is said of a person: at this word. */
  about(word) {
    return this.tab.locator('dl > *', { hasText: new RegExp(`^${word}$`) }).locator('xpath=following-sibling::dd[1]')
  }

  /** Waits until this is said there. */
  async tells(word, value) {
    await this.about(word).filter({ hasText: value }).waitFor()
  }

  rows() {
    return this.tab.locator('.list > li')
  }

  /** Nobody is signed in, and nothing of anybody is shown or kept. */
  async isSignedOut() {
    await this.at('Sign in')
    for (const part of await this.tab.locator('[data-signed-in]').all()) assert.ok(!(await part.isVisible()), 'something is left to see')
    assert.equal(await this.kept(), null)
    assert.equal(await this.cookie(), undefined)
  }

  /** What localStorage holds of a sign-in. */
  async kept() {
    return this.tab.evaluate((entry) => JSON.parse(localStorage.getItem(entry)), entry)
  }

  /** The cookie of the cookie mode. */
  async cookie() {
    return (await this.context.cookies(this.url)).find(({ name }) => name.endsWith('grantd_app'))
  }

  async refreshToken() {
    return cookieMode ? (await this.cookie())?.value : (await this.kept())?.rt
  }

  async accessToken() {
    return this.tab.evaluate(async () => (await import('/app/api.js')).keeper.state()?.at)
  }

  /** How often the page asked for the next token. */
  renewals() {
    return cookieMode ? this.asked('POST', renewal) : this.refreshes().length
  }

  /** Changes what is kept as a hand would. */
  async edit(change) {
    if (cookieMode) await this.tab.evaluate(async (change) => void Object.assign((await import('/app/cookie.js')).state(), change), change)
    else await this.tab.evaluate(([entry, change]) => localStorage.setItem(entry, JSON.stringify({ ...JSON.parse(localStorage.getItem(entry)), ...change })), [entry, change])
  }

  /** Lets the page look at its token now, as it does each second. */
  async look() {
    await this.tab.evaluate(() => dispatchEvent(new Event('online')))
  }

  /** How often the page asked so. */
  asked(method, path) {
    return this.requests.filter((request) => request.method() === method && request.url() === this.url + path).length
  }

  /** Whether a token is good at the server. */
  async isGood(token) {
    return (await fetch(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).ok
  }

  /** Waits until a token is good no more: the page forgets it at once, and the server is told meanwhile. */
  async dies(token, isGood = (token) => this.isGood(token)) {
    const until = Date.now() + 10_000
    while (await isGood(token)) assert.ok(Date.now() < until, 'the token outlives the sign-out')
  }
}
