"""The development issuer: OpenID Connect for invented people, on Authlib's authorization server.

Serves    /.well-known/openid-configuration, /jwks, /authorize, /token
People    `deploy/local/people.json`; whoever asks may be any of them: never let it out of loopback
Tokens    RFC 9068 (`at+jwt`), ES256, ten minutes, for one service each (`resource`)
Programs  `deploy.local.tokens` walks the whole way, authorization code and PKCE included
"""
