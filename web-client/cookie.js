// And in the cookie mode? The refresh token is in a cookie that no script can read, the access token in the memory of this tab.

import { config } from './config.js'
import { Refusal, read, refusal, send } from './http.js'
import { alone, hear, note, tell } from './tabs.js'
import { fresh, received } from './token.js'

/** @type {import('./token.js').Token | null} */
let kept = null
/** Which session it is of. @type {string | undefined} */
let session
// Whether it is known that nobody is signed in.
let nobody = false

hear(({ type }, own) => {
  if (type !== 'out' && (type !== 'in' || own)) return
  kept = null
  session = undefined
  nobody = type === 'out'
})

/**
 * The header is what no other site's page can send without being asked for it (a preflight).
 * @param {string} path
 * @param {object | null} [body]
 * @param {boolean} [keepalive] whether it is still sent when the page is closed
 */
const post = (path, body, keepalive) =>
  send(`${config.server}/bff/${path}`, {
    method: 'POST',
    headers: { 'X-Grantd': '1', ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
    credentials: 'same-origin',
    keepalive,
  })

/** Who the cookie is of, if the server takes it. */
const user = () => send(`${config.server}/bff/user`, { credentials: 'same-origin' })

/** @param {any} tokens */
function keep(tokens) {
  kept = received(tokens)
  nobody = false
  const before = session
  session = JSON.parse(atob(kept.at.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sid
  // Another tab signed in and was closed before it could tell.
  if (before && before !== session) note({ type: 'in' })
  return kept.at
}

/** @param {string} username @param {string} password */
export const signIn = (username, password) =>
  // Not beside a refresh, whose answer would bring the old cookie back.
  alone(async () => {
    const resource = [config.issuer, config.cats].filter(Boolean)
    const answer = await post('login', { username, password, resource })
    if (!answer.ok) throw await refusal(answer)
    const tokens = await read(answer)
    if ((await user()).status === 401) throw new Refusal('This browser does not keep the cookie.')
    session = undefined
    keep(tokens)
    tell({ type: 'in' })
  })

/**
 * An access token that is good for another request; null when nobody is signed in.
 * @param {string} [stale] one that was refused
 * @returns {Promise<string | null>}
 */
export async function token(stale) {
  if (kept && fresh(kept, stale)) return kept.at
  return alone(() => refresh(stale))
}

/** @param {string} [stale] */
async function refresh(stale) {
  // Somebody signed out while this one waited.
  if (nobody) return null
  if (kept && fresh(kept, stale)) return kept.at
  const answer = await post('refresh')
  const tokens = answer.ok ? await read(answer) : null
  const why = answer.ok ? null : await refusal(answer)
  // Somebody signed out while the answer was under way, which has brought the cookie back.
  if (nobody) await post('logout')
  else if (tokens) return keep(tokens)
  else if (why) end(why)
  return null
}

/** The server's own no ends the sign-in. One of somebody in between, which gives no reason, does not. @param {Refusal} why */
function end(why) {
  if (why.status !== 401 || !why.reason) throw why
  drop(why.reason === 'no_credentials' ? undefined : why)
}

/**
 * Forgets the access token, in every tab; the cookie is the server's to take.
 * @param {Refusal} [why] what the server said, if it was the one who ended it
 * @param {boolean} [chosen] whether the person wanted to go
 */
export function drop(why, chosen) {
  tell({ type: 'out', why: why?.message, reason: why?.reason, chosen })
}

/** Signs out at the server, the only one who can take the cookie: if it is not there, nobody is signed out. */
export async function signOut() {
  try {
    const answer = await post('logout', null, true)
    if (answer.status !== 204) throw await refusal(answer)
  } catch (error) {
    throw new Refusal(`You are still signed in: only the server can end that here. ${error instanceof Error && error.message}`)
  }
  drop(undefined, true)
}

/** Whether somebody is signed in: only the server can read the cookie. */
export async function signedIn() {
  if (kept || nobody) return !nobody
  const answer = await user()
  const why = answer.ok ? null : await refusal(answer)
  if (why && why.reason !== 'no_credentials') end(why)
  return !why
}

export const state = () => kept
export const damaged = () => false
/** Which sign-in the token is of. */
export const whose = () => session

/** Takes the access token for one that has run out. */
export const expire = () =>
  alone(async () => {
    if (kept) kept.exp = Date.now()
    await refresh()
  })
