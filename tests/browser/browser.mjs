// What do the tests in a browser share? Chromium, a page of it that is watched, and what a person does at /docs.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync']
// Chromium would report what it is not asked to, and a proxy that the environment names is not for the loopback.
const alone = ['--no-proxy-server', '--disable-dev-shm-usage']

/** What anybody may ask who signed in. */
export const three = ['/api/v1/me', '/api/v1/me/sessions', '/api/v1/me/activity']

export const step = (text) => console.log(`- ${text}`)

/** The test that started us does it, and says when it is done. */
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
export async function please(wish) {
  console.log(`! ${wish}`)
  assert.equal((await answers.next()).value, 'done')
}

// Nothing here takes so long: whoever waits for ever fails, and does not keep the others from being told.
setTimeout(() => {
  console.error('it hangs')
  process.exit(1)
}, 300_000).unref()

/** What is watched. */
const pages = []

export async function browse(visit, more = []) {
  const executablePath = process.env.GRANTD_TEST_CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: [...flags, ...quiet, ...alone, ...more] })
  try {
    await visit(browser)
  } catch (error) {
    console.error(error)
    for (const page of pages) {
      for (const complaint of page.complaints) console.error(`complaint: ${complaint}`)
      for (const request of page.unanswered) console.error(`unanswered: ${request.method()} ${request.url()}`)
    }
    // What a person would see now says more than a line number.
    for (const tab of browser.contexts().flatMap((context) => context.pages())) {
      console.log(`${tab.url()}\n${await tab.innerText('body').catch(String)}\n`)
    }
    process.exitCode = 1
  } finally {
    await browser.close()
  }
  if (!process.exitCode) console.log('all done')
  process.exit()
}

/** A page that may talk to this origin (and `others`) alone, breaks no policy, and complains about nothing but refusals that are expected. */
export class Page {
  static async open(context, url) {
    const page = new this(await context.newPage(), url)
    await page.tab.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`the policy forbids ${blockedURI} (${violatedDirective})`),
      )
    })
    return page
  }

  constructor(tab, url) {
    pages.push(this)
    this.tab = tab
    tab.setDefaultTimeout(15_000)
    this.url = url
    this.others = []
    this.requests = []
    this.unanswered = new Set()
    this.complaints = []
    this.expected = []
    tab.on('request', (request) => {
      this.requests.push(request)
      this.unanswered.add(request)
    })
    for (const end of ['requestfinished', 'requestfailed']) tab.on(end, (request) => this.unanswered.delete(request))
    tab.on('pageerror', (error) => this.complaints.push(String(error)))
    tab.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(`${message.text()} ${message.location().url}`)
    })
  }

  /** From now on these complaints are fine: what Chromium says of a refusal. */
  expect(...complaints) {
    this.expected.push(...complaints)
  }

  /** Nothing happened that should not have. */
  judge() {
    const unexpected = this.complaints.filter((complaint) => !this.expected.some((pattern) => pattern.test(complaint)))
    assert.deepEqual(unexpected, [])
    const origins = [this.url, ...this.others].map((url) => new URL(url).origin)
    const outside = this.requests.map((request) => request.url()).filter((url) => !url.startsWith('data:') && !origins.includes(new URL(url).origin))
    assert.deepEqual(outside, [])
  }

  /** The forms that were sent to an endpoint. */
  forms(path) {
    const sent = this.requests.filter((request) => request.url() === this.url + path)
    return sent.map((request) => new URLSearchParams(request.postData()))
  }

  refreshes() {
    return this.forms('/oauth2/token').filter((form) => form.get('grant_type') === 'refresh_token')
  }

  async visitDocs() {
    await this.tab.goto(`${this.url}/docs`)
    await this.tab.locator('.opblock').first().waitFor()
  }

  async openDialog() {
    await this.tab.locator('.scheme-container button.authorize').click()
  }

  /** What the dialog says when a sign-in is refused. */
  async signInError(fields) {
    await this.fill(fields)
    await this.tab.locator('.auth-container .errors').waitFor()
    return this.tab.locator('.auth-container .errors').innerText()
  }

  async fill({ name, password, clientId }) {
    await this.tab.fill('#oauth_username', name)
    await this.tab.fill('#oauth_password', password)
    if (clientId) await this.tab.fill('#client_id_password', clientId)
    await this.tab.press('#oauth_password', 'Enter')
  }

  async signIn(name = 'ada', password = 'ada-dev-password') {
    await this.openDialog()
    await this.fill({ name, password })
    await this.tab.getByRole('button', { name: 'Logout', exact: true }).waitFor()
    await this.tab.locator('.btn-done').click()
  }

  async signOut() {
    await this.openDialog()
    await this.tab.getByRole('button', { name: 'Logout', exact: true }).click()
    await this.notice('You are signed out.')
  }

  isSignedIn() {
    return this.tab.locator('.scheme-container button.authorize.locked').isVisible()
  }

  /** The line above Swagger UI. */
  async notice(text) {
    await this.tab.getByRole('alert').filter({ hasText: text }).waitFor()
  }

  operation(path) {
    return this.tab.locator('.opblock-get', { has: this.tab.locator(`[data-path="${path}"]`) })
  }

  /** Opens an operation, or leaves it open. */
  async unfold(path) {
    const operation = this.operation(path)
    if (!(await operation.locator('button.execute').isVisible())) await operation.locator('.opblock-summary-control').click()
    await operation.locator('button.execute').waitFor()
    // What it answers is listed once Swagger UI has read the operation. Before, pressing Execute does nothing.
    await operation.locator('.responses-table .response').first().waitFor()
    return operation
  }

  /** Executes a GET, and reads what Swagger UI shows then. */
  async execute(path) {
    const operation = await this.unfold(path)
    // What an earlier call left goes first.
    if (await operation.locator('.btn-clear').isVisible()) await operation.locator('.btn-clear').click()
    await operation.locator('button.execute').click()
    const shown = operation.locator('.live-responses-table tbody tr')
    await shown.waitFor()
    return {
      status: (await shown.locator('.response-col_status').innerText()).trim(),
      details: await shown.locator('.response-col_description').innerText(),
    }
  }

  async executes(path, status = '200') {
    const answer = await this.execute(path)
    assert.equal(answer.status, status, answer.details)
    return answer.details
  }

  /** Presses Execute on all of these at once, and waits until each has its answer. */
  async executeTogether(paths) {
    for (const path of paths) await this.unfold(path)
    const answers = paths.map((path) => this.tab.waitForResponse((response) => response.url().split('?')[0] === this.url + path && response.ok()))
    const buttons = await Promise.all(paths.map((path) => this.operation(path).locator('button.execute').elementHandle()))
    await this.tab.evaluate((buttons) => buttons.forEach((button) => button.click()), buttons)
    await Promise.all(answers)
  }

  /** What this origin's storage keeps of the sign-in. */
  async kept() {
    return this.tab.evaluate(() => JSON.parse(localStorage.getItem('authorized') ?? '{}').grantd)
  }
}

/** The response of the server, asked by nobody's browser. */
export const ask = (url, token, method = 'GET') => fetch(url, { method, headers: { authorization: `Bearer ${token}` } })
