// And in the cookie mode? The refresh token is in a cookie that no script can read, the access token in the memory of this tab.

import { config } from './config.js'
import { Refusal, read, refusal, send } from './http.js'
import { fresh } from './oauth.js'
import { alone, hear, tab, tell } from './tabs.js'

/** @type {{ at: string, exp: number, life: number, when: number, by: string } | null} */
let kept = null
// Counts sign-ins and sign-outs, in whichever tab: an answer to what was asked before one of them is not worth keeping.
let turn = 0

hear(({ type }) => {
  if (type !== 'in' && type !== 'out') return
  turn += 1
  kept = null
})

/**
 * The header is what no other site's page can send without being asked for it (a preflight).
 * @param {string} path
 * @param {object} [body]
 */
const post = (path, body) =>
  send(`${config.server}/bff/${path}`, {
    method: 'POST',
    headers: { 'X-Grantd': '1', ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
    credentials: 'same-origin',
    keepalive: true,
  })

/** @param {any} tokens */
function keep({ access_token, expires_in }) {
  if (!access_token) throw new Refusal('The server gave no token.')
  const [life, when] = [expires_in * 1000, Date.now()]
  kept = { at: access_token, exp: when + life, life, when, by: tab }
  return access_token
}

/** @param {string} username @param {string} password */
export async function signIn(username, password) {
  const resource = [config.issuer, config.cats].filter(Boolean)
  const answer = await post('login', { username, password, resource })
  if (!answer.ok) throw await refusal(answer)
  const tokens = await read(answer)
  tell({ type: 'in' })
  keep(tokens)
}

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
  if (kept && fresh(kept, stale)) return kept.at
  const asked = turn
  const answer = await post('refresh')
  const tokens = answer.ok ? await read(answer) : null
  const why = answer.ok ? null : await refusal(answer)
  if (turn !== asked) return kept && kept.at
  if (!why) return keep(tokens)
  if (why.status !== 401) throw why
  drop(why.reason === 'no_credentials' ? undefined : why)
  return null
}

/** Forgets the access token, in every tab; the cookie is the server's to take. @param {Refusal} [why] */
export function drop(why) {
  tell({ type: 'out', why: why?.message, reason: why?.reason })
}

/** Signs out at the server, the only one who can: if it is not there, nobody is signed out. */
export async function signOut() {
  const answer = await post('logout')
  if (!answer.ok) throw await refusal(answer)
  drop()
}

/** Whether somebody is signed in: only the server can read the cookie. */
export async function signedIn() {
  if (kept) return true
  const answer = await send(`${config.server}/bff/user`, { credentials: 'same-origin' })
  if (!answer.ok && answer.status !== 401) throw await refusal(answer)
  return answer.ok
}

export const state = () => kept
export const damaged = () => false
/** Which sign-in the token is of. */
export const whose = () => turn

/** Takes the access token for one that has run out. */
export function expire() {
  if (kept) kept.exp = Date.now()
  tell({ type: 'token' })
}
