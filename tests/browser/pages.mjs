// Can everybody read the pages: in light and dark, on a small screen, by ear? `node pages.mjs URL`
import { judge } from './axe.mjs'
import { browse, Page, step } from './browser.mjs'

const url = process.argv[2]

// Swagger UI puts the path of an operation, which is a link, into the button that opens it.
const theirs = { rules: { 'nested-interactive': { enabled: false } } }

await browse(async (browser) => {
  for (const [colorScheme, width] of [['light', 1200], ['dark', 320]]) {
    const at = `${colorScheme}, ${width} px`
    step(at)
    const page = await Page.open(await browser.newContext({ colorScheme, viewport: { width, height: 800 } }), url)
    page.expect(/status of 404 .*\/nothing$/, /status of 401 .*\/api\/v1\/me$/)
    for (const path of ['/', '/errors', '/nothing']) {
      await page.tab.goto(url + path)
      await judge(page, `${path}, ${at}`)
    }
    await page.visitDocs()
    await judge(page, `/docs, ${at}`, theirs)
    await page.openDialog()
    await judge(page, `the dialog of /docs, ${at}`, theirs)
    await page.tab.locator('.btn-done').click()
    await page.executes('/api/v1/me', '401')
    // Fields of all kinds: a form, a text, parameters in the path and in the query.
    for (const operation of ['Tokens-getToken', 'Account-signUp', 'Administration-changeUser', 'Administration-listUsers']) {
      await page.tab.locator(`#operations-${operation} .opblock-summary-control`).click()
      await page.tab.locator(`#operations-${operation} button.execute`).waitFor()
    }
    await judge(page, `operations of /docs, ${at}`, theirs)
    page.judge()
  }
})
