// How does the page ask an API? With an access token that is fresh, and once more with the next one where that is refused.

import * as cookie from './cookie.js'
import { config } from './config.js'
import { Refusal, read, refusal, send } from './http.js'
import * as oauth from './oauth.js'
import { note } from './tabs.js'

const key = `grantd.mode ${config.issuer}`
/** A cookie is sent to a server of this origin alone. */
export const cookiesWork = new URL(config.server).origin === location.origin

/** What somebody chose, in whichever tab. */
function chosen() {
  try {
    return cookiesWork && localStorage.getItem(key) === 'cookie' ? cookie : oauth
  } catch {
    return oauth
  }
}

/** Who keeps the tokens. */
export let keeper = chosen()
/** Whether the refresh token is in a cookie. */
export const cookieMode = () => keeper === cookie

/** @param {boolean} on */
export function setCookieMode(on) {
  localStorage.setItem(key, on ? 'cookie' : 'localStorage')
  keeper = chosen()
}

// Another tab has chosen; null is everything at once.
addEventListener('storage', (event) => {
  if (event.key !== key && event.key !== null) return
  const before = keeper
  keeper = chosen()
  if (keeper !== before) note({ type: 'in' })
})

/**
 * Asks, and answers with what the JSON says. The body is a text, which can be sent twice; a stream could not.
 * @param {string} url
 * @param {{ method?: string, body?: string, headers?: Record<string, string> }} [request]
 * @returns {Promise<any>}
 */
export async function api(url, request) {
  const asked = keeper.whose()
  /** @type {string | undefined} */
  let stale
  for (;;) {
    const token = await keeper.token(stale)
    if (!token) throw new Refusal('You are signed out.', { status: 401 })
    if (asked && keeper.whose() !== asked) throw new Refusal('Somebody else signed in in another tab. Nothing was sent.')
    const answer = await send(url, { ...request, headers: { ...request?.headers, Authorization: `Bearer ${token}` } })
    if (answer.ok) return answer.status === 204 ? null : read(answer)
    // Once, never twice: what a new token does not mend, another one would not either.
    if (answer.status !== 401 || stale) throw await refusal(answer)
    stale = token
  }
}

/** @param {string} path below the server's /api/v1 @param {Parameters<typeof api>[1]} [request] */
export const ours = (path, request) => api(`${config.server}/api/v1/${path}`, request)

/** @param {object} person username, email and password */
export async function signUp(person) {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await send(`${config.server}/api/v1/users`, { method: 'POST', headers, body: JSON.stringify(person) })
  if (!answer.ok) throw await refusal(answer)
}
