"""The page on which a person picks who to be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import urlencode

from deploy.local.people import Person

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Development sign-in</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 44rem; }}
  h2 {{ font-size: 1rem; margin: 1rem 0 0; }}
  a {{ display: inline-block; margin: .2rem .8rem .2rem 0; }}
</style>
<h1>Who are you?</h1>
<p>To use <strong>{audience}</strong>. Everybody here is invented; no password is asked for.</p>
{groups}
</html>
"""


def sign_in_page(people: Iterable[Person], asked: Mapping[str, str], audience: str) -> str:
    """Return a page with everybody by role; a click repeats the request with a name in it."""
    by_role: dict[str, list[str]] = defaultdict(list)
    for person in people:
        address = "?" + urlencode({**asked, "login_hint": person.label})
        link = f'<a href="{escape(address)}">{escape(person.label)}</a>'
        by_role[" + ".join(person.roles)].append(link)
    groups = "\n".join(
        f"<h2>{escape(role.replace('_', ' '))}</h2>\n<div>{' '.join(links)}</div>"
        for role, links in by_role.items()
    )
    return _PAGE.format(audience=escape(audience), groups=groups)
