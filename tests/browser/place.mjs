// Does the page work at this address, whatever the server calls itself? `node place.mjs URL NAME PASSWORD dev|serve`, where each access
// token is about to run out
import assert from 'node:assert/strict'
import { browse, Page, step, three } from './browser.mjs'

const [url, name, password, mode] = process.argv.slice(2)

await browse(async (browser) => {
  const page = await Page.open(await browser.newContext(), url)

  step('from the start to the page')
  await page.tab.goto(`${url}/`)
  await page.tab.getByRole('link', { name: 'API', exact: true }).click()
  await page.tab.locator('.opblock').first().waitFor()
  assert.equal(page.tab.url(), `${url}/docs`)
  assert.equal((await page.tab.locator('main').innerText()).includes('ada-dev-password'), mode === 'dev')

  step('in, calls, and after a reload')
  await page.signIn(name, password)
  await page.executeTogether(three)
  assert.equal(page.refreshes().length, 1, 'they share one refresh')
  await page.visitDocs()
  assert.equal(await page.isSignedIn(), mode === 'dev')
  assert.equal(await page.tab.evaluate(() => localStorage.length > 0), mode === 'dev')

  if (mode === 'dev') {
    step('out')
    await page.signOut()
  }
  page.judge()
  for (const request of page.requests) assert.ok(request.url().startsWith(`${url}/`), request.url())
})
