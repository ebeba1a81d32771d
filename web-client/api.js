// How does the page ask an API? With an access token that is fresh, and once more with the next one where that is refused.

import * as cookie from './cookie.js'
import { config } from './config.js'
import { Refusal, read, refusal, send } from './http.js'
import * as oauth from './oauth.js'

const key = 'grantd.mode'
/** A cookie is sent to a server of this origin alone. */
export const cookiesWork = new URL(config.server).origin === location.origin

/** Whether the refresh token is to be in a cookie: what somebody chose, in whichever tab. */
export function cookieMode() {
  try {
    return cookiesWork && localStorage.getItem(key) === 'cookie'
  } catch {
    return false
  }
}

/** Who keeps the tokens. */
export let keeper = cookieMode() ? cookie : oauth

/** @param {boolean} on */
export function setCookieMode(on) {
  localStorage.setItem(key, on ? 'cookie' : 'localStorage')
  keeper = on ? cookie : oauth
}

// Another tab has chosen.
addEventListener('storage', (event) => event.key === key && location.reload())

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
    if (keeper.whose() !== asked) throw new Refusal('Somebody else signed in in another tab. Nothing was sent.')
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
