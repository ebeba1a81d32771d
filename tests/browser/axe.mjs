// Can everybody read what a page shows?
import assert from 'node:assert/strict'
import axe from 'axe-core'

/** Axe finds nothing, in all that it knows, and nothing has to be scrolled sideways. */
export async function judge(page, what, options = {}) {
  await page.tab.evaluate(axe.source)
  const { violations } = await page.tab.evaluate((options) => window.axe.run(document, options), options)
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`))
  assert.deepEqual(found, [], `axe, ${what}`)
  const wider = await page.tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.equal(wider, 0, `it scrolls sideways: ${what}`)
}
