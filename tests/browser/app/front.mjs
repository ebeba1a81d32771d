// What stands before the server in these tests? A program that forwards what it gets, over TLS if the issuer says https.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate that nobody has signed but itself, and its key. */
function certificate() {
  const dir = mkdtempSync(join(tmpdir(), 'grantd-certificate-'))
  try {
    const [key, cert] = ['key', 'cert'].map((name) => join(dir, name))
    const about = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    execFileSync('openssl', ['req', ...kind, ...about, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Stands at `url` and forwards to `to`. `hold(path)` keeps the next answer for this path back. */
export async function front(url, to) {
  const { protocol, port } = new URL(url)
  const waiting = new Map()
  const forward = (request, response) => {
    const { method, url: path, headers } = request
    const onward = http.request(to + path, { method, headers }, async (answer) => {
      const held = waiting.get(path)
      waiting.delete(path)
      held?.reached()
      await held?.released
      response.writeHead(answer.statusCode, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }
  const server = protocol === 'https:' ? https.createServer(certificate(), forward) : http.createServer(forward)
  await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve))
  return {
    hold(path) {
      let goOn
      const released = new Promise((resolve) => (goOn = resolve))
      const reached = new Promise((resolve) => waiting.set(path, { reached: resolve, released }))
      return { reached, goOn }
    },
  }
}
