// Do golang.org/x/oauth2 and go-oidc, as Go's users have them, get along with a server started by `grantd dev`? `interop ISSUER`
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func step(text string) { fmt.Println("-", text) }

func check(right bool, seen ...any) {
	if !right {
		panic(fmt.Sprintln(seen...))
	}
}

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

// What the server refuses, x/oauth2 has to report as its own error.
func refused(code string, err error) {
	var refusal *oauth2.RetrieveError
	check(errors.As(err, &refusal), "no refusal:", err)
	check(refusal.ErrorCode == code, refusal)
}

// x/oauth2 leaves introspection and revocation to its user.
func post(endpoint, client, secret, token string) (answer map[string]any) {
	form := url.Values{"token": {token}}
	if secret == "" {
		form.Set("client_id", client)
	}
	request := must(http.NewRequest(http.MethodPost, endpoint, strings.NewReader(form.Encode())))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if secret != "" {
		request.SetBasicAuth(client, secret)
	}
	response := must(http.DefaultClient.Do(request))
	defer response.Body.Close()
	check(response.StatusCode == http.StatusOK, response.Status)
	// A revocation is answered by nothing.
	json.NewDecoder(response.Body).Decode(&answer)
	return answer
}

func main() {
	issuer := os.Args[1]
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()

	step("discovery")
	provider := must(oidc.NewProvider(ctx, issuer))
	var endpoints struct {
		Introspection string `json:"introspection_endpoint"`
		Revocation    string `json:"revocation_endpoint"`
	}
	check(provider.Claims(&endpoints) == nil)

	step("password grant as web; how to say who it is, the library finds out by itself")
	web := oauth2.Config{ClientID: "web", Endpoint: provider.Endpoint(), Scopes: []string{"openid", "profile", "email"}}
	first := must(web.PasswordCredentialsToken(ctx, "ada", "ada-dev-password"))
	check(first.TokenType == "Bearer" && first.RefreshToken != "" && first.Valid(), first)
	check(first.Extra("scope") == "openid profile email", first)

	step("a wrong password is invalid_grant")
	_, err := web.PasswordCredentialsToken(ctx, "ada", "not hers")
	refused("invalid_grant", err)

	step("the access token, verified offline by go-oidc (RFC 9068)")
	// Made for ID tokens, it calls the audience a client.
	verifier := provider.Verifier(&oidc.Config{ClientID: issuer, SupportedSigningAlgs: []string{oidc.ES256}})
	verified := must(verifier.Verify(ctx, first.AccessToken))
	var claims map[string]any
	check(verified.Claims(&claims) == nil)
	check(claims["client_id"] == "web", claims)
	parts := strings.Split(first.AccessToken, ".")
	var header map[string]string
	check(json.Unmarshal(must(base64.RawURLEncoding.DecodeString(parts[0])), &header) == nil)
	check(header["typ"] == "at+jwt", header)

	step("no other token is taken for one")
	claims["roles"] = []string{"admin", "root"}
	promoted := base64.RawURLEncoding.EncodeToString(must(json.Marshal(claims)))
	elsewhere := provider.Verifier(&oidc.Config{ClientID: "http://localhost:8090"})
	for _, other := range []struct {
		verifier    *oidc.IDTokenVerifier
		token, said string
	}{
		{verifier, parts[0] + "." + promoted + "." + parts[2], "failed to verify signature"},
		{elsewhere, first.AccessToken, "expected audience"},
		{verifier, first.RefreshToken, "malformed jwt"},
		{verifier, "of.no.sense", "malformed jwt"},
	} {
		_, err := other.verifier.Verify(ctx, other.token)
		check(err != nil && strings.Contains(err.Error(), other.said), other.token, err)
	}

	step("a refresh by itself, when the access token has run out, on the way to userinfo")
	expired := *first
	expired.Expiry = time.Now().Add(-time.Minute)
	source := web.TokenSource(ctx, &expired)
	user := must(provider.UserInfo(ctx, source))
	check(user.Subject == verified.Subject && user.Email == "ada@example.org", user)
	second := must(source.Token())
	check(second.RefreshToken != first.RefreshToken && second.AccessToken != first.AccessToken, second)
	check(second.Extra("scope") == first.Extra("scope"), second)

	step("client credentials as demo-service")
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		service := clientcredentials.Config{
			ClientID: "demo-service", ClientSecret: "demo-service-dev-secret", TokenURL: web.Endpoint.TokenURL, AuthStyle: style,
		}
		own := must(service.Token(ctx))
		check(must(verifier.Verify(ctx, own.AccessToken)).Subject == "demo-service", own)
		service.ClientSecret = "another-secret-of-some-length"
		_, err := service.Token(ctx)
		refused("invalid_client", err)
	}

	step("introspection as demo-api")
	introspect := func(token string) map[string]any {
		return post(endpoints.Introspection, "demo-api", "demo-api-dev-secret", token)
	}
	seen := introspect(second.AccessToken)
	check(seen["active"] == true && seen["username"] == "ada" && seen["sub"] == verified.Subject, seen)

	step("revocation")
	check(post(endpoints.Revocation, "web", "", second.RefreshToken) == nil)

	step("afterwards the refresh is invalid_grant, and introspection says inactive")
	_, err = web.TokenSource(ctx, &oauth2.Token{RefreshToken: second.RefreshToken}).Token()
	refused("invalid_grant", err)
	for _, token := range []string{first.AccessToken, second.AccessToken, second.RefreshToken} {
		seen := introspect(token)
		check(len(seen) == 1 && seen["active"] == false, seen)
	}

	build, _ := debug.ReadBuildInfo()
	var libraries []string
	for _, library := range build.Deps {
		libraries = append(libraries, library.Path+" "+library.Version)
	}
	fmt.Println(strings.Join(libraries, ", ") + ": all done")
}
