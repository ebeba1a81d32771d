// Does Nimbus, as Maven has it, get along with a server started by `grantd dev`? It is what Spring Security verifies tokens with.
// `java -cp 'tests/.java/*' Nimbus.java ISSUER`

import com.nimbusds.jose.*;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.*;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.*;
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.auth.*;
import com.nimbusds.oauth2.sdk.http.*;
import com.nimbusds.oauth2.sdk.id.*;
import com.nimbusds.oauth2.sdk.token.*;
import com.nimbusds.openid.connect.sdk.*;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

class Nimbus {
    static final ClientID WEB = new ClientID("web");

    static OIDCProviderMetadata server;
    static URI tokenEndpoint;

    static void step(String text) {
        System.out.println("- " + text);
    }

    static void same(Object found, Object wanted) {
        if (!wanted.equals(found)) throw new AssertionError(found + " instead of " + wanted);
    }

    static void other(Object found, Object unwanted) {
        if (unwanted.equals(found)) throw new AssertionError("again " + found);
    }

    static HTTPResponse send(Request request) throws Exception {
        HTTPRequest http = request.toHTTPRequest();
        http.setConnectTimeout(10_000);
        http.setReadTimeout(10_000);
        return http.send();
    }

    static Tokens tokens(TokenRequest request) throws Exception {
        return TokenResponse.parse(send(request)).toSuccessResponse().getTokens();
    }

    /** The request has to be refused in this way. */
    static void refused(TokenRequest request, ErrorObject error) throws Exception {
        ErrorObject refusal = TokenResponse.parse(send(request)).toErrorResponse().getErrorObject();
        same(refusal, error);
        same(refusal.getHTTPStatusCode(), error.getHTTPStatusCode());
    }

    static TokenRequest.Builder password(String password) {
        return new TokenRequest.Builder(tokenEndpoint, WEB, new ResourceOwnerPasswordCredentialsGrant("ada", new Secret(password)));
    }

    static TokenRequest refresh(RefreshToken token) {
        return new TokenRequest.Builder(tokenEndpoint, WEB, new RefreshTokenGrant(token)).build();
    }

    static TokenIntrospectionSuccessResponse introspected(Token token) throws Exception {
        var api = new ClientSecretBasic(new ClientID("demo-api"), new Secret("demo-api-dev-secret"));
        var request = new TokenIntrospectionRequest(server.getIntrospectionEndpointURI(), api, token);
        return TokenIntrospectionResponse.parse(send(request)).toSuccessResponse();
    }

    /** What an API lets in: this issuer's access tokens for this audience (RFC 9068). */
    static JWTProcessor<SecurityContext> api(String audience) throws Exception {
        var keys = JWKSourceBuilder.create(server.getJWKSetURI().toURL()).build();
        var expected = new JWTClaimsSet.Builder().issuer(server.getIssuer().getValue()).build();
        var required = Set.of("exp", "sub", "client_id", "iat", "jti");
        var processor = new DefaultJWTProcessor<SecurityContext>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys));
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(audience, expected, required));
        return processor;
    }

    static void thrown(Class<? extends Exception> type, Callable<?> call) throws Exception {
        try {
            throw new AssertionError("no refusal: " + call.call());
        } catch (Exception refusal) {
            same(refusal.getClass(), type);
        }
    }

    static String version(Class<?> type) {
        var described = type.getPackage();
        return described.getImplementationTitle() + " " + described.getImplementationVersion();
    }

    public static void main(String[] arguments) throws Exception {
        step("discovery");
        server = OIDCProviderMetadata.resolve(new Issuer(arguments[0]));
        tokenEndpoint = server.getTokenEndpointURI();

        step("password grant as web");
        Tokens first = tokens(password("ada-dev-password").scope(new Scope("openid", "profile", "email")).build());
        same(first.getAccessToken().getType(), AccessTokenType.BEARER);
        same(first.getAccessToken().getScope(), new Scope("openid", "profile", "email"));

        step("a wrong password is invalid_grant");
        refused(password("not hers").build(), OAuth2Error.INVALID_GRANT);

        step("the access token, verified offline (RFC 9068)");
        var ours = api(arguments[0]);
        String token = first.getAccessToken().getValue();
        JWTClaimsSet claims = ours.process(token, null);
        same(claims.getStringClaim("client_id"), "web");
        String audience = "http://localhost:8090";
        Tokens theirs = tokens(password("ada-dev-password").resource(URI.create(audience)).build());
        same(api(audience).process(theirs.getAccessToken().getValue(), null).getSubject(), claims.getSubject());

        step("no other token is taken for one");
        Base64URL[] parts = JOSEObject.split(token);
        var promoted = new JWTClaimsSet.Builder(claims).claim("roles", List.of("admin", "root")).build();
        String tampered = parts[0] + "." + promoted.toPayload().toBase64URL() + "." + parts[2];
        thrown(BadJWSException.class, () -> ours.process(tampered, null));
        thrown(BadJWTException.class, () -> ours.process(theirs.getAccessToken().getValue(), null));
        thrown(java.text.ParseException.class, () -> ours.process(first.getRefreshToken().getValue(), null));
        thrown(java.text.ParseException.class, () -> ours.process("of.no.sense", null));

        step("userinfo");
        var asked = new UserInfoRequest(server.getUserInfoEndpointURI(), first.getAccessToken());
        var user = UserInfoResponse.parse(send(asked)).toSuccessResponse().getUserInfo();
        same(user.getSubject().getValue(), claims.getSubject());
        same(user.getEmailAddress(), "ada@example.org");

        step("refresh");
        Tokens second = tokens(refresh(first.getRefreshToken()));
        other(second.getRefreshToken(), first.getRefreshToken());
        other(second.getAccessToken(), first.getAccessToken());
        same(second.getAccessToken().getScope(), first.getAccessToken().getScope());

        step("client credentials as demo-service");
        var id = new ClientID("demo-service");
        var secret = new Secret("demo-service-dev-secret");
        for (var how : List.of(new ClientSecretBasic(id, secret), new ClientSecretPost(id, secret))) {
            var own = tokens(new TokenRequest.Builder(tokenEndpoint, how, new ClientCredentialsGrant()).build());
            same(ours.process(own.getAccessToken().getValue(), null).getSubject(), "demo-service");
        }

        step("a wrong secret is invalid_client");
        var wrong = new ClientSecretBasic(id, new Secret("another-secret-of-some-length"));
        refused(new TokenRequest.Builder(tokenEndpoint, wrong, new ClientCredentialsGrant()).build(), OAuth2Error.INVALID_CLIENT);

        step("introspection as demo-api");
        var seen = introspected(second.getAccessToken());
        same(List.of(seen.isActive(), seen.getUsername(), seen.getSubject().getValue()), List.of(true, "ada", claims.getSubject()));

        step("revocation");
        same(send(new TokenRevocationRequest(server.getRevocationEndpointURI(), WEB, second.getRefreshToken())).getStatusCode(), 200);

        step("afterwards the refresh is invalid_grant, and introspection says inactive");
        refused(refresh(second.getRefreshToken()), OAuth2Error.INVALID_GRANT);
        for (Token ended : List.of(first.getAccessToken(), second.getAccessToken(), second.getRefreshToken())) {
            same(introspected(ended).getParameters().toString(), "{\"active\":false}");
        }

        System.out.println(version(TokenRequest.class) + ", " + version(JWSObject.class) + ": all done");
    }
}
