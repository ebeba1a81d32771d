// Do eight tabs with a cookie get along, each with an access token that is about to run out?
import assert from 'node:assert/strict'
import { App, play } from './app.mjs'

const enough = 100

await play({
  async eight_tabs_with_one_cookie_renew_their_tokens_for_a_minute_and_nobody_notices(browser) {
    const app = await App.start(browser)
    const tabs = [app]
    while (tabs.length < 8) tabs.push(await App.start(app.context))
    await app.signIn()
    await app.panel('8 tabs open')
    const renewals = () => tabs.reduce((sum, tab) => sum + tab.renewals(), 0)
    const walk = async (tab) => {
      for (let screen = 0; renewals() < enough; screen += 1) {
        await tab.go(['Me', 'Sessions', 'Activity'][screen % 3])
        await tab.isFine()
        assert.deepEqual(await tab.messages(), [])
        assert.doesNotMatch(await tab.tab.locator('#renewed').innerText(), /You are still signed in/)
      }
    }
    await Promise.all(tabs.map(walk))
    for (const tab of tabs) {
      await tab.go('Sessions')
      await tab.rows().first().waitFor()
      assert.equal(await tab.rows().count(), 1)
      assert.ok(tab.renewals() > 5, `${tab.renewals()} renewals in one tab`)
      // A token may run out on its way; nobody sees that either.
      tab.expect(/status of 401 .*\/api\/v1\/me/)
      tab.judge()
    }
  },
})
