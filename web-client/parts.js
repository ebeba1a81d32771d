// What are the screens made of? Elements, messages, forms, times.

import { Refusal } from './http.js'

/**
 * The one element that the selector finds.
 * @param {ParentNode} root
 * @param {string} selector
 */
export function find(root, selector) {
  const found = root.querySelector(selector)
  if (!(found instanceof HTMLElement)) throw new Error(`no ${selector}`)
  return found
}

/**
 * A new element. Texts become text, never markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Partial<HTMLElementTagNameMap[K]>} [about]
 * @param {...(Node | string)} content
 */
export function make(name, about, ...content) {
  const made = Object.assign(document.createElement(name), about)
  made.append(...content)
  return made
}

/**
 * Says something in the message of a form or a screen, or nothing.
 * @param {ParentNode} root
 * @param {string} text
 * @param {() => void} [again] does it once more
 */
export function say(root, text, again) {
  const message = find(root, '.message')
  message.replaceChildren(text)
  message.hidden = !text
  if (text && again) message.append(' ', make('button', { type: 'button', onclick: again }, 'Try again'))
}

/** What went wrong, for a person. @param {unknown} error */
export function sentence(error) {
  if (error instanceof Refusal) return error.message
  console.error(error)
  return 'Something went wrong in this page.'
}

/**
 * Does what a button is for, but not twice at a time.
 * @param {HTMLElement} button
 * @param {() => Promise<void>} job
 * @param {ParentNode} root where it is said what went wrong
 */
export const once = (button, job, root) => async () => {
  if (button.ariaBusy) return
  button.ariaBusy = 'true'
  try {
    say(root, '')
    await job()
  } catch (error) {
    say(root, sentence(error))
  }
  button.ariaBusy = null
}

/** @param {HTMLInputElement} field @param {string} [detail] what is wrong with it, if anything */
function mark(field, detail) {
  const id = `${field.id}-fault`
  field.parentElement?.querySelector('.fault')?.remove()
  const described = (field.getAttribute('aria-describedby') ?? '').split(' ').filter((known) => known && known !== id)
  if (detail) field.after(make('span', { id, className: 'fault' }, detail))
  field.setAttribute('aria-describedby', [id, ...described].slice(detail ? 0 : 1).join(' '))
  field.setAttribute('aria-invalid', String(Boolean(detail)))
}

/**
 * Does something with what stands in a form. What is wrong is said beside it, and what was typed stays.
 * @param {HTMLElement} root
 * @param {(values: Record<string, string>) => Promise<void>} job
 */
export function submits(root, job) {
  const form = /** @type {HTMLFormElement} */ (find(root, 'form'))
  const fields = [...form.querySelectorAll('input')]
  /** @param {{ field: string, detail: string }[]} faults */
  const blame = (faults) => {
    for (const field of fields) mark(field, faults.find((fault) => fault.field === field.name)?.detail)
    const first = fields.find((field) => field.ariaInvalid === 'true')
    first?.focus()
    return Boolean(first)
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    // A second press while the first is under way.
    if (form.ariaBusy) return
    say(form, '')
    const empty = fields.filter((field) => !field.value)
    if (blame(empty.map(({ name }) => ({ field: name, detail: 'Type something here.' })))) return
    form.ariaBusy = 'true'
    try {
      await job(Object.fromEntries(fields.map((field) => [field.name, field.value])))
      form.reset()
    } catch (error) {
      if (!(error instanceof Refusal && blame(error.fields))) say(form, sentence(error))
    }
    form.ariaBusy = null
  })
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const units = [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]]

/** How long ago, as far as two clocks agree. @param {number} when milliseconds */
export function ago(when) {
  const seconds = Math.min(0, Math.round((when - Date.now()) / 1000))
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
  return relative.format(Math.trunc(seconds / size), unit)
}

/** The same as an element that tells the moment too. @param {string} moment RFC 3339 */
export const time = (moment) => make('time', { dateTime: moment, title: new Date(moment).toLocaleString() }, ago(Date.parse(moment)))

const browsers = { Firefox: 'Firefox/', Edge: 'Edg/', Opera: 'OPR/', Chromium: 'Chrome/', Safari: 'Safari/' }
const systems = { Android: 'Android', iOS: 'iPhone', Windows: 'Windows', macOS: 'Macintosh', Linux: 'Linux' }

/** Which program on which system: a guess, good enough to recognise one's own. @param {string | null} agent */
export function program(agent) {
  const guess = (/** @type {Record<string, string>} */ known) => Object.keys(known).find((name) => agent?.includes(known[name]))
  const [browser, system] = [guess(browsers), guess(systems)]
  return browser ? browser + (system ? ` on ${system}` : '') : (agent?.split(' ')[0] ?? 'an unknown program')
}

/** The first letters of the words of a name. @param {string} name */
export const initials = (name) => name.split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join('')
