// Which screen is shown, and to whom? The address says which (#/sessions), the keeper of the tokens says whether to anybody.

import { cookieMode, cookiesWork, keeper, ours, setCookieMode } from './api.js'
import { config } from './config.js'
import { Refusal } from './http.js'
import { breakRefreshToken, fresh } from './oauth.js'
import { ago, find, make, say, sentence } from './parts.js'
import { screens } from './screens.js'
import { hear, tab, tabs } from './tabs.js'

const main = find(document, 'main')
const notice = find(document, '#notice')
/** Screens as they were left, with what was typed there. @type {Map<string, HTMLElement>} */
const left = new Map()
/** Whose they are: what they hold is not for the next one. @type {string | undefined} */
let person
/** Which sign-in that is. @type {number | undefined} */
let shown
// Only what was asked for last is shown.
let turn = 0

/** @param {string} [text] @param {string} [reason] what /errors explains */
function announce(text = '', reason) {
  notice.replaceChildren(text)
  notice.hidden = !text
  if (reason) notice.append(' ', make('a', { href: `${config.server}/errors#${reason}` }, 'What does that mean?'))
}

/** @param {string} name @param {boolean} signedIn @param {boolean} move whether the focus goes there */
function show(name, signedIn, move) {
  for (const part of document.querySelectorAll('[data-signed-in]')) part.toggleAttribute('hidden', !signedIn)
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${name === 'me' ? '' : name}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  let screen = left.get(name)
  if (!screen) {
    const template = /** @type {HTMLTemplateElement} */ (find(document, `template#${name}`))
    screen = make('div', {}, template.content.cloneNode(true))
    screens[name].made?.(screen)
    left.set(name, screen)
  }
  const title = find(screen, 'h1')
  title.tabIndex = -1
  document.title = `${title.textContent} · grantd`
  if (main.firstElementChild !== screen) main.replaceChildren(screen)
  if (move) title.focus()
  return screen
}

/** Learns who signed in. */
async function meet() {
  const sign = keeper.whose()
  const me = await ours('me')
  if (person !== me.id) left.clear()
  person = me.id
  shown = sign
  find(document, '#person').textContent = me.username
}

/** Shows what the address asks for. @param {boolean} [move] whether the focus goes there */
async function route(move = true) {
  const mine = (turn += 1)
  const again = () => route()
  let name = location.hash.slice(2) || 'me'
  let signedIn = false
  let screen
  try {
    if (keeper.damaged()) return keeper.drop(new Refusal('What this browser kept of your sign-in is damaged.'))
    signedIn = await keeper.signedIn()
    // Somebody took the tokens away without a word.
    if (!signedIn && shown !== undefined) return keeper.drop()
    if (signedIn && keeper.whose() !== shown) await meet()
    if (turn !== mine) return
    const open = name === 'sign-in' || name === 'sign-up'
    if (signedIn && open) return location.replace('#/')
    if (!signedIn && !open) name = 'sign-in'
    screen = show(Object.hasOwn(screens, name) ? name : 'nothing', signedIn, move)
    const { fill } = screens[name] ?? {}
    if (!fill) return
    await fill(screen)
    say(screen, '')
  } catch (error) {
    // Who was signed out has been told, and is shown where to sign in.
    if (turn === mine) say(screen ?? show('trouble', signedIn, move), sentence(error), again)
  }
}

hear((message) => {
  if (message.type === 'out') {
    const { why, reason } = message
    if (why || shown !== undefined) announce(`You are signed out. ${why ?? ''}`, reason)
    // Whoever chose to go leaves nothing behind. Who did not finds it again.
    if (!why) left.clear()
    shown = undefined
    route()
  } else if (message.type === 'in' || (message.type === 'token' && keeper.whose() !== shown)) {
    announce()
    route()
  }
  tick()
})

// --- The access token, as one can watch it.

let notBefore = 0
let trouble = ''

/** Shows how long the token lives, and replaces it in time. Browsers slow the clock of a hidden page: each request looks for itself. */
async function tick() {
  const state = keeper.state()
  if (keeper.damaged()) route()
  if (!state) return
  const seconds = Math.max(0, Math.ceil((state.exp - Date.now()) / 1000))
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  find(document, '#left').textContent = seconds ? `${clock} left.` : 'It has run out.'
  const by = state.by === tab ? 'this tab' : `tab ${state.by}`
  const open = tabs() === 1 ? 'This tab' : `${tabs()} tabs open, this one`
  find(document, '#renewed').textContent = `Got ${ago(state.when)} by ${by}. ${open} is called ${tab}. ${trouble}`
  if (fresh(state) || document.hidden || Date.now() < notBefore) return
  // Not again at once, if that fails.
  notBefore = Date.now() + 5000
  trouble = await keeper.token().then(() => '', (error) => `${sentence(error)} You are still signed in.`)
  if (!trouble) notBefore = 0
}

setInterval(tick, 1000)
for (const moment of ['visibilitychange', 'online']) {
  addEventListener(moment, () => {
    notBefore = 0
    tick()
  })
}

// --- What stands around the screens.

/** @param {() => Promise<unknown>} job */
const attempt = (job) => () => job().catch((error) => announce(sentence(error)))

find(document, '#expire').onclick = attempt(async () => keeper.expire())
find(document, '#break').onclick = attempt(async () => {
  breakRefreshToken()
  announce('The refresh token is spoilt. The next renewal, which Expire now brings about, will be refused.')
})

find(document, '#sign-out').onclick = attempt(() => keeper.signOut())
find(document, '#sign-out-everywhere').onclick = attempt(async () => {
  await ours('me/sessions', { method: 'DELETE' })
  await keeper.signOut()
})

const modeSwitch = /** @type {HTMLInputElement} */ (find(document, '#cookie-mode'))
/** Says how tokens are kept. */
function dress() {
  const mode = cookieMode() ? 'cookie' : 'localStorage'
  for (const part of document.querySelectorAll('[data-mode]')) part.toggleAttribute('hidden', part.getAttribute('data-mode') !== mode)
  modeSwitch.checked = cookieMode()
  find(document, '#break').hidden = cookieMode()
  find(document, '#out-of-reach').hidden = !cookieMode()
  find(document, '#plain-http').hidden = location.protocol === 'https:'
}
modeSwitch.onchange = attempt(async () => {
  const on = modeSwitch.checked
  try {
    if (await keeper.signedIn()) await keeper.signOut()
    setCookieMode(on)
  } finally {
    dress()
  }
  route(false)
})

if (!cookiesWork) {
  modeSwitch.disabled = true
  modeSwitch.labels?.[0].append(', for which the page has to come from the server itself')
}
find(document, 'nav a[href="#/cats"]').hidden = !config.cats
dress()
addEventListener('hashchange', () => {
  announce()
  route()
})
// A page that comes back by the back button shows what was so then.
addEventListener('pageshow', (event) => event.persisted && location.reload())
route(false)
