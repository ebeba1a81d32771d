// Which server is this page for? Grantd writes this file itself where it serves the page; on a host of your own, change it here.

export const config = {
  /** What the server calls itself: the `iss` of its tokens. */
  issuer: 'http://localhost:8080',
  /** Where its endpoints are. */
  server: 'http://localhost:8080',
  /** What this page is called there: a public client that may use `password` and `refresh_token`. */
  client: 'web',
  /** Whether people may make themselves an account there. */
  signUp: true,
  /** The example API, if `web` may ask tokens for it: 'http://localhost:8090'. */
  cats: '',
}
