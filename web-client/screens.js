// What is on each screen? `made` wires it once; `fill` asks for what it shows, each time it is come to.

import { api, keeper, ours, signUp } from './api.js'
import { config } from './config.js'
import { Refusal } from './http.js'
import { find, initials, make, once, program, sentence, submits, time } from './parts.js'

/**
 * @typedef {object} Screen
 * @property {(root: HTMLElement) => void} [made]
 * @property {(root: HTMLElement, me?: any) => Promise<void>} [fill] `me` where that has just been asked for
 */

/**
 * A list that comes in pages.
 * @param {string} path
 * @param {(item: any) => Node} row
 * @returns {Screen}
 */
function list(path, row) {
  /** @param {HTMLElement} root @param {string} [cursor] where to go on; else from the start */
  const load = async (root, cursor) => {
    const { items, next_cursor } = await ours(cursor ? `${path}?cursor=${encodeURIComponent(cursor)}` : path)
    const [rows, older] = [find(root, '.list'), find(root, '.older')]
    if (!cursor) rows.replaceChildren()
    rows.append(...items.map(row))
    older.hidden = !next_cursor
    older.onclick = once(older, () => load(root, next_cursor), root)
  }
  return { fill: (root) => load(root) }
}

/** @param {any} session */
function session(session) {
  const { id, client_name, client_id, user_agent, ip, created_at, last_used_at, current } = session
  const what = `${client_name ?? client_id}, ${program(user_agent)}`
  const row = make('li', {}, make('b', {}, what), current ? make('span', { className: 'tag' }, 'this one') : '')
  row.append(make('p', { className: 'soft' }, `from ${ip ?? 'nowhere known'}, signed in `, time(created_at), ', last used ', time(last_used_at)))
  if (current) return row
  const message = make('p', { className: 'message', role: 'alert', hidden: true })
  const button = make('button', { ariaLabel: `Sign out there: ${what}` }, 'Sign out there')
  const end = async () => {
    await ours(`me/sessions/${id}`, { method: 'DELETE' })
    const done = make('span', { className: 'soft', tabIndex: -1 }, `${what}: signed out.`)
    row.replaceChildren(done)
    done.focus()
  }
  button.onclick = once(button, end, row)
  row.append(message, button)
  return row
}

/** @param {any} event */
function event({ type, reason, client_id, ip, at }) {
  const row = make('li', {}, make('b', {}, type.replaceAll('_', ' ')), ' ', make('span', { className: 'soft' }, time(at)))
  const about = [client_id && `by ${client_id}`, ip && `from ${ip}`].filter(Boolean).join(', ')
  row.append(make('p', { className: 'soft' }, about, reason ? ' · ' : '', reason ? make('a', { href: `${config.server}/errors#${reason}` }, reason) : ''))
  return row
}

/** @param {any} cat */
const cat = ({ name, owner }) =>
  make('li', { className: 'cat' }, make('span', { className: 'initials', ariaHidden: 'true' }, initials(owner)), make('b', {}, name), ` lives with ${owner}`)

/** @type {Record<string, Screen>} */
export const screens = {
  'sign-in': {
    made(root) {
      find(root, '[href="#/sign-up"]').hidden = !config.signUp
      submits(root, ({ username, password }) => keeper.signIn(username, password))
    },
  },

  'sign-up': {
    made: (root) =>
      submits(root, async (person) => {
        await signUp(person)
        try {
          await keeper.signIn(person.username, person.password)
        } catch (error) {
          throw new Refusal(`Your account was made, but you are not signed in yet. ${sentence(error)}`)
        }
      }),
  },

  me: {
    async fill(root, me) {
      me ??= await ours('me')
      find(root, '.initials').textContent = initials(me.name ?? me.username)
      const web = /^https?:/i.test(me.picture ?? '')
      const values = {
        name: me.name ?? 'none yet',
        username: me.username,
        email: me.email,
        roles: me.roles.join(', ') || 'none',
        // A link and no picture: this page asks nobody else.
        picture: web ? make('a', { href: me.picture, rel: 'noreferrer' }, new URL(me.picture).host) : 'none',
        since: time(me.created_at),
      }
      for (const [name, value] of Object.entries(values)) find(root, `[data-name=${name}]`).replaceChildren(value)
    },
  },

  sessions: list('me/sessions', session),

  activity: list('me/activity', event),

  cats: {
    made(root) {
      find(root, '.address').textContent = `${config.cats}/cats`
      submits(root, async ({ name }) => {
        const headers = { 'Content-Type': 'application/json' }
        const added = await api(`${config.cats}/cats`, { method: 'POST', headers, body: JSON.stringify({ name }) })
        find(root, '.list').append(cat(added))
      })
    },
    async fill(root) {
      const { items } = await api(`${config.cats}/cats`)
      find(root, '.list').replaceChildren(...items.map(cat))
    },
  },
}
