// When is an access token good for another request? Both ways of keeping tokens ask here.

import { Refusal } from './http.js'
import { tab } from './tabs.js'

/**
 * @typedef {object} Token
 * @property {string} at the access token
 * @property {number} exp when it runs out, by this machine's clock: milliseconds
 * @property {number} life how long it lives, in milliseconds
 * @property {number} when when it came
 * @property {string} by to which tab
 */

/** What an answer brings. Counted from now, its life does not depend on what our clock says. @param {any} answer @returns {Token} */
export function received({ access_token, expires_in }) {
  if (typeof access_token !== 'string') throw new Refusal('The server gave no token.')
  const [life, when] = [(Number(expires_in) || 60) * 1000, Date.now()]
  return { at: access_token, exp: when + life, life, when, by: tab }
}

/**
 * Whether it is good. It is replaced a fifth of its life before its end, at most 30 seconds.
 * @param {Token} token
 * @param {string} [stale] one that was refused
 */
export const fresh = ({ at, exp, life }, stale) => at !== stale && exp - Date.now() > Math.min(30_000, life / 5)
