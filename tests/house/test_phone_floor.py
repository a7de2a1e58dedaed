"""Both faces stand on their floor, Chromium 86 and Safari 15.0: no newer syntax, newer names behind a guard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tree_sitter_css
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).parents[2]
PHONE = ROOT / "inspection" / "phone"
DESK = ROOT / "inspection" / "pages" / "static"
SCRIPTS = [*sorted(PHONE.rglob("*.js")), *sorted(DESK.glob("*.js"))]
STYLES = [*sorted(PHONE.rglob("*.css")), *(DESK / name for name in ("tokens.css", "desk.css"))]
PAGES = sorted(PHONE.rglob("*.html"))

Fault = tuple[int, str]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYNTAX = words("""
    program comment import import_statement import_clause import_specifier named_imports namespace_import
    export_statement export_clause export_specifier namespace_export meta_property
    expression_statement empty_statement statement_block lexical_declaration variable_declarator
    if_statement else_clause for_statement for_in_statement while_statement do_statement labeled_statement
    statement_identifier break_statement continue_statement return_statement throw_statement try_statement
    catch_clause finally_clause switch_statement switch_body switch_case switch_default
    function_declaration function_expression arrow_function generator_function generator_function_declaration
    formal_parameters await_expression yield_expression
    class class_declaration class_heritage class_body field_definition method_definition super this
    identifier property_identifier private_property_identifier shorthand_property_identifier
    shorthand_property_identifier_pattern computed_property_name
    call_expression arguments new_expression member_expression subscript_expression optional_chain
    parenthesized_expression sequence_expression assignment_expression augmented_assignment_expression
    binary_expression unary_expression update_expression ternary_expression
    array object pair spread_element array_pattern object_pattern pair_pattern rest_pattern assignment_pattern
    object_assignment_pattern
    number string string_fragment escape_sequence template_string template_substitution regex regex_pattern
    regex_flags true false null undefined
""")
FUNCTIONS = words("""
    function_declaration function_expression arrow_function generator_function generator_function_declaration
    method_definition field_definition
""")
NEWER = words("""
    structuredClone reportError requestIdleCallback cancelIdleCallback setImmediate showOpenFilePicker
    showSaveFilePicker showDirectoryPicker launchQueue cookieStore trustedTypes
    Temporal Iterator URLPattern Atomics SharedArrayBuffer Float16Array DisposableStack AsyncDisposableStack
    SuppressedError BroadcastChannel CompressionStream DecompressionStream OffscreenCanvas ImageCapture ImageDecoder
    BarcodeDetector Notification PushManager SyncManager ContentIndex EyeDropper CookieStore NDEFReader IdleDetector
    CloseWatcher Highlight Sanitizer HTMLDialogElement ToggleEvent ElementInternals StorageManager LockManager
    Permissions PermissionStatus ScreenOrientation

    Array.fromAsync Error.captureStackTrace Error.isError Intl.DurationFormat Intl.Segmenter Intl.supportedValuesOf
    JSON.isRawJSON JSON.rawJSON Map.groupBy Math.f16round Math.sumPrecise Object.groupBy Object.hasOwn Promise.try
    Promise.withResolvers RegExp.escape Symbol.asyncDispose Symbol.dispose Uint8Array.fromBase64 Uint8Array.fromHex
    AbortSignal.abort AbortSignal.any AbortSignal.timeout CSS.highlights CSS.registerProperty
    Document.parseHTMLUnsafe ReadableStream.from Response.json URL.canParse URL.parse crypto.randomUUID
    client.navigate document.caretPositionFromPoint document.exitFullscreen document.fullscreenElement
    document.fullscreenEnabled document.prerendering document.startViewTransition meta.resolve navigator.audioSession
    navigator.bluetooth navigator.canShare navigator.clearAppBadge navigator.connection navigator.contacts
    navigator.deviceMemory navigator.getBattery navigator.getInstalledRelatedApps navigator.hardwareConcurrency
    navigator.locks navigator.permissions navigator.scheduling navigator.setAppBadge navigator.share
    navigator.storage navigator.userActivation navigator.userAgentData navigator.vibrate navigator.virtualKeyboard
    navigator.wakeLock performance.memory performance.measureUserAgentSpecificMemory ready.sync registration.sync
    screen.orientation searchParams.size signal.reason window.navigation

    .adoptedStyleSheets .ariaActiveDescendantElement .ariaControlsElements .ariaDescribedByElements
    .ariaErrorMessageElements .ariaLabelledByElements .backgroundFetch .commandForElement .inert .navigationPreload
    .periodicSync .popover .popoverTargetElement .preloadResponse .pushManager .resultingClientId .submitter

    .at() .attachInternals() .bytes() .checkVisibility() .computedStyleMap() .createConicGradient() .difference()
    .drop() .estimate() .findLast() .findLastIndex() .getAllRecords() .getCoalescedEvents() .getComposedRanges()
    .getDirectory() .getHTML() .getNotifications() .getOrInsert() .getOrInsertComputed() .getPredictedEvents()
    .getSetCookie() .hidePopover() .intersection() .isDisjointFrom() .isSubsetOf() .isSupersetOf() .isWellFormed()
    .moveBefore() .requestClose() .requestFullscreen() .requestPointerLock() .requestSubmit() .roundRect()
    .setFromBase64() .setFromHex() .setHTML() .setHTMLUnsafe() .showModal() .showNotification() .showPicker()
    .showPopover() .symmetricDifference() .take() .textStream() .throwIfAborted() .toArray() .toBase64() .toHex()
    .toReversed() .toSorted() .toSpliced() .toWellFormed() .togglePopover() .transferControlToOffscreen()
    .transferToFixedLength() .union() .with()

    addEventListener({signal}) createImageBitmap({imageOrientation}) register({type})
""")
"""`name` of its own, `receiver.name`, `.name` and `.name()` of anything, `call({option})`."""
GLOBAL = words("globalThis self window")
ITERATORS = words("entries keys matchAll values")
ITERATED = words("drop every filter find flatMap forEach includes join map reduce some take toArray")
NEWER_PATTERN = re.compile(r"\(\?<[=!]|\(\?[ims-]+:")
"""Looking behind, and flags for a part."""
NEWER_MARKUP = re.compile(
    r"""<dialog\b|type=["']?importmap|<[a-z][^>]*\s(closedby|commandfor|inert|popover|popovertarget)\b"""
)

STYLE = words("""
    stylesheet comment rule_set selectors block declaration property_name
    media_statement supports_statement keyframes_statement keyframes_name keyframe_block_list keyframe_block from to
    charset_statement import_statement at_rule at_keyword
    binary_query unary_query keyword_query feature_query feature_name parenthesized_query selector_query
    tag_name universal_selector class_selector class_name id_selector id_name attribute_selector attribute_name
    child_selector descendant_selector sibling_selector adjacent_sibling_selector
    pseudo_class_selector pseudo_element_selector arguments
    plain_value integer_value float_value unit color_value string_value string_content grid_value important
    parenthesized_value call_expression function_name binary_expression identifier escape_sequence
""")
AT_RULES = words("@font-face @page")
PSEUDO = words("""
    active checked default defined disabled empty enabled first-child first-of-type focus focus-visible focus-within
    hover in-range indeterminate invalid lang last-child last-of-type link not nth-child nth-last-child
    nth-last-of-type nth-of-type only-child only-of-type optional out-of-range placeholder-shown read-only read-write
    required root target valid visited after before first-letter first-line marker placeholder selection
""")
SIMPLE_SELECTOR = re.compile(r"[.#:]?[\w-]+|\[[^\]]+\]|\*")
VALUE_FUNCTIONS = words("""
    attr blur brightness calc circle clamp conic-gradient contrast counter counters cubic-bezier drop-shadow ellipse
    env fit-content format grayscale hsl hsla hue-rotate inset invert linear-gradient local matrix matrix3d max min
    minmax opacity perspective polygon radial-gradient rect repeat repeating-conic-gradient
    repeating-linear-gradient repeating-radial-gradient rgb rgba rotate rotate3d rotateX rotateY rotateZ saturate
    scale scale3d scaleX scaleY scaleZ sepia skew skewX skewY steps translate translate3d translateX translateY
    translateZ url var
""")
UNITS = words("% ch cm deg dpcm dpi dppx em ex fr grad in mm ms pc pt px q rad rem s turn vh vmax vmin vw x")
NEWER_PROPERTIES = re.compile(
    r"aspect-ratio|inset(-.+)?|(margin|padding)-(block|inline)|border-(block|inline)(-(color|style|width))?"
    r"|border-(start|end)-(start|end)-radius|translate|rotate|scale|container(-.+)?|anchor-.+|position-(anchor|area)"
    r"|animation-(composition|range.*|timeline)|offset(-.+)?|overlay|view-transition-.+"
)
NEWER_VALUES = re.compile(r"overflow(-[xy])?: clip|overflow-wrap: anywhere|.*: subgrid|.*: revert-layer")
PREFIXED = re.compile(r"appearance|backdrop-filter|backface-visibility|hyphens|line-clamp|mask(-.+)?|user-select")
NEWER_QUERY = re.compile(r"\bor\b|[<>]|\blayer\b|\bsupports\(")


@pytest.mark.parametrize("path", SCRIPTS + STYLES + PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_above_the_floor(path: Path) -> None:
    check = {".js": script_faults, ".css": style_faults, ".html": page_faults}[path.suffix]
    faults = check(path.read_text(encoding="utf-8"))
    assert not faults, "\n" + "\n".join(f"{path.relative_to(ROOT)}:{line}: {what}" for line, what in faults)


def script_faults(source: str) -> list[Fault]:
    return faults_of(tree_sitter_javascript.language(), source, newer_in_script)


def style_faults(source: str) -> list[Fault]:
    return faults_of(tree_sitter_css.language(), source, newer_in_style)


def page_faults(source: str) -> list[Fault]:
    lines = [source.count("\n", 0, found.start()) + 1 for found in NEWER_MARKUP.finditer(source)]
    return [(line, "newer markup") for line in lines]


def faults_of(grammar: object, source: str, newer: Callable[[Node], Iterator[str]]) -> list[Fault]:
    root = Parser(Language(grammar)).parse(source.encode()).root_node
    return sorted({(node.start_point.row + 1, what) for node in within(root) for what in newer(node)})


def within(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children)


def around(node: Node) -> Iterator[Node]:
    while (parent := node.parent) is not None:
        yield parent
        node = parent


def text_of(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""


# Scripts


def newer_in_script(node: Node) -> Iterator[str]:
    kind, parent = node.type, node.parent
    function = next((outer.type for outer in around(node) if outer.type in FUNCTIONS), None)
    if node.is_error or node.is_missing:
        yield "not understood"
    elif node.is_named and kind not in SYNTAX:
        yield kind
    elif kind == "await" and function is None:
        yield "await outside of functions"
    elif kind == "private_property_identifier" and parent.type == "binary_expression":
        yield "#name in object"
    elif kind == "parenthesized_expression" and function == "field_definition":
        yield "parentheses in the value of a field"
    elif kind == "regex_flags" and not set(text_of(node)) <= set("gimsuy"):
        yield f"/…/{text_of(node)}"
    elif kind in ("regex_pattern", "string_fragment") and NEWER_PATTERN.search(text_of(node)):
        yield f"pattern {text_of(node)}"
    elif kind == "string_fragment" and (found := NEWER_MARKUP.search(text_of(node))):
        yield f"markup {found[0]}"
    elif kind == "import" and parent.type == "call_expression" and "," in parts_of(node.next_sibling):
        yield "import() with more than a path"
    else:
        yield from (name for name in names_in(node) if name in NEWER and not is_guarded(node))


def parts_of(node: Node) -> list[str]:
    return [child.type for child in node.children]


def names_in(node: Node) -> Iterator[str]:
    """What a node speaks of, as `NEWER` writes it."""
    own, parent = own_name(node), node.parent
    if node.type == "identifier":
        yield own
    elif node.type == "member_expression":
        receiver = node.child_by_field_name("object")
        yield from (f".{own}", f"{own_name(receiver)}.{own}")
        if own_name(receiver) in GLOBAL:
            yield own
        if parent.type == "call_expression" and parent.child_by_field_name("function") == node:
            yield f".{own}()"
            if own in ITERATED and is_iterator(receiver):
                yield "Iterator"
    elif node.type == "shorthand_property_identifier_pattern":
        holder = next(outer for outer in around(node) if outer.type != "object_assignment_pattern").parent
        yield from (f".{own}", f"{own_name(holder.child_by_field_name('value'))}.{own}")
    elif node.type == "call_expression":
        for option in node.child_by_field_name("arguments").children:
            for key in option.children if option.type == "object" else ():
                name = text_of(key.child_by_field_name("key") or key)
                yield f"{own}({{{name}}})"


def own_name(node: Node | None) -> str:
    """`c` of `a.b.c`, `a.b.c()` and `(await a.b.c)`."""
    if node is None:
        return ""
    if node.type in ("parenthesized_expression", "await_expression"):
        return own_name(node.named_child(0))
    if node.type == "meta_property":
        return "meta"
    for field in ("property", "function"):
        if node.child_by_field_name(field) is not None:
            return own_name(node.child_by_field_name(field))
    return text_of(node) if node.child_count == 0 else ""


def is_iterator(node: Node) -> bool:
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    if function is None or function.type != "member_expression":
        return False
    return own_name(function) in ITERATORS and own_name(function.child_by_field_name("object")) != "Object"


def is_guarded(node: Node) -> bool:
    """Whether a name is asked for before it is used: by `?.`, by a test in the same function or declaration of the
    module, or by a `try` that takes any failure for an answer."""
    return is_chained(node) or is_asked(node) or is_tried(node) or own_name(node) in asked_around(node)


def is_chained(node: Node) -> bool:
    user = node.parent
    used = user.child_by_field_name("object") or user.child_by_field_name("function")
    return used == node and "optional_chain" in parts_of(user)


def is_asked(node: Node) -> bool:
    """Whether a node is only asked for, by `typeof` or, as it belongs to something, in a condition."""
    user = node.parent
    if user.type == "unary_expression":
        return "typeof" in parts_of(user) or ("!" in parts_of(user) and node.type != "identifier")
    if node.type == "identifier":
        return False
    if user.type == "binary_expression":
        left, operator = user.child_by_field_name("left"), text_of(user.child_by_field_name("operator"))
        if operator in ("&&", "||"):
            return left == node or is_asked(user)
        return operator in ("??", "===", "!==", "==", "!=")
    if user.type == "parenthesized_expression":
        node, user = user, user.parent
    return user.child_by_field_name("condition") == node


def is_tried(node: Node) -> bool:
    inner = node
    for outer in around(node):
        if outer.type in FUNCTIONS:
            return False
        if outer.type == "try_statement" and outer.child_by_field_name("body") == inner:
            handler = outer.child_by_field_name("handler")
            if handler is not None and text_of(handler.child_by_field_name("parameter")) in ("", "_"):
                return True
        inner = outer
    return False


def asked_around(node: Node) -> set[str]:
    """The names that the outermost statement around a node asks for, also by `'name' in object`."""
    *_, statement, _ = [node, node, *around(node)]
    asked = {own_name(inner) for inner in within(statement) if is_asked(inner)}
    for inner in within(statement):
        if inner.type == "binary_expression" and text_of(inner.child_by_field_name("operator")) == "in":
            asked.add(text_of(inner.child_by_field_name("left")).strip("'\""))
    return asked - {""}


# Styles


def newer_in_style(node: Node) -> Iterator[str]:
    kind = node.type
    if node.is_error or node.is_missing:
        yield "not understood"
    elif node.is_named and kind not in STYLE:
        yield kind
    elif (kind == "rule_set" or kind.endswith("_statement")) and any(a.type == "rule_set" for a in around(node)):
        yield "a rule within a rule"
    elif kind == "at_keyword" and text_of(node) not in AT_RULES:
        yield text_of(node)
    elif kind in ("media_statement", "import_statement") and NEWER_QUERY.search(text_of(node).partition("{")[0]):
        yield f"query {text_of(node).partition('{')[0]}"
    elif kind == "pseudo_class_selector":
        yield from newer_in_pseudo_class(node)
    elif kind == "pseudo_element_selector":
        name = text_of(node).rpartition("::")[2]
        if name not in PSEUDO and not name.startswith("-webkit-"):
            yield f"::{name}"
    elif kind == "declaration" and all(outer.type != "supports_statement" for outer in around(node)):
        yield from newer_in_declaration(node)


def newer_in_pseudo_class(node: Node) -> Iterator[str]:
    name = next(text_of(child) for child in node.children if child.type == "class_name")
    given = next((text_of(child)[1:-1].strip() for child in node.children if child.type == "arguments"), "")
    whole = next((outer for outer in around(node) if outer.type == "selectors"), node)
    if name not in PSEUDO and not name.startswith("-webkit-"):
        yield f":{name}"
    if name == "not" and not SIMPLE_SELECTOR.fullmatch(given):
        yield ":not() of more than one simple selector"
    if name.startswith("nth-") and " of " in given:
        yield f":{name}() of a selector"
    if name == "focus-visible" and whole.type == "selectors" and whole.named_child_count > 1:
        yield ":focus-visible in a list, all of which is dropped"


def newer_in_declaration(node: Node) -> Iterator[str]:
    """A value that is dropped may stand after one that stays; with `var()` in it, it is not dropped but void."""
    name, value = (part.strip() for part in text_of(node).rstrip(";").split(":", 1))
    others = [text_of(other).partition(":")[0].strip() for other in node.parent.children if other != node]
    earlier = [text_of(other).partition(":")[0].strip() for other in before(node)]
    if NEWER_PROPERTIES.fullmatch(name):
        yield name
    if PREFIXED.fullmatch(name) and f"-webkit-{name}" not in others:
        yield f"{name} without -webkit-{name}"
    if name not in earlier or "var(" in value:
        for part in within(node):
            if part.type == "unit" and text_of(part).lower() not in UNITS:
                yield f"unit {text_of(part)}"
            if part.type == "function_name" and text_of(part) not in VALUE_FUNCTIONS:
                yield f"{text_of(part)}()"
        if NEWER_VALUES.fullmatch(f"{name}: {value}"):
            yield f"{name}: {value}"


def before(node: Node) -> Iterator[Node]:
    while (earlier := node.prev_named_sibling) is not None:
        yield earlier
        node = earlier


# That the check bites

REFUSED_SCRIPTS = [
    "class A { static { start(); } }",
    "class A { #b; has(o) { return #b in o; } }",
    "class A { value = (1 + 2) * 3; }",
    "class A { accessor b = 1; }",
    "@sealed class A {}",
    "await start();",
    "for await (const a of b) {}",
    "import a from './a.json' with { type: 'json' };",
    "export const load = () => import('./a.js', { with: { type: 'json' } });",
    "export const load = () => import('./a.js',);",
    "using a = b();",
    "const a = <b/>;",
    "const a = /(?<=b)c/;",
    "const a = new RegExp('(?<!b)c');",
    "const a = /(?i:b)c/;",
    "const a = /b/v;",
    "const a = /b/d;",
    "const a = (;",
    "const a = b.at(-1);",
    "const a = b?.at(-1);",
    "const a = b.findLast((c) => c);",
    "const a = b.toSorted();",
    "const a = Object.hasOwn(b, 'c');",
    "const a = Object.groupBy(b, c);",
    "const a = structuredClone(b);",
    "const a = self.structuredClone(b);",
    "const a = crypto.randomUUID();",
    "const { randomUUID } = crypto;",
    "const a = AbortSignal.timeout(5);",
    "const a = import.meta.resolve('./b.js');",
    "const a = b.values().map(c);",
    "const a = [...text.matchAll(/b/g).filter(c)];",
    "const a = new BroadcastChannel('b');",
    "const a = () => navigator.storage.persist();",
    "const a = async () => { await navigator.storage?.persist(); await navigator.storage.persist(); };",
    "const a = () => navigator.storage?.estimate();",
    "const a = () => navigator?.locks.request('b', c);",
    "const a = () => { if (navigator.locks) b(); navigator.share(c); };",
    "const a = () => { try { return b.at(-1); } catch (error) { return show(error); } };",
    "const a = () => { if ('wakeLock' in navigator) b(); };\nconst c = () => navigator.wakeLock.request('screen');",
    "form.addEventListener('submit', (event) => send(event.submitter.value));",
    "form.addEventListener('submit', ({ submitter }) => send(submitter.value));",
    "window.addEventListener('online', a, { signal });",
    "navigator.serviceWorker.register('sw.js', { type: 'module' });",
    "const a = () => createImageBitmap(b, { imageOrientation: 'from-image' });",
    "const a = async () => (await navigator.serviceWorker.ready).sync.register('b');",
    "dialog.showModal();",
    "const a = html`<dialog open>${b}</dialog>`;",
    "const a = html`<div class='b' popover>${c}</div>`;",
]
PASSING_SCRIPTS = [
    "export * as a from './a.js';",
    "class A extends B { #b = 1; static c = 2; #d() { return this.#b ?? super.d?.(); } }",
    "const load = async () => { for await (const a of b) await c(a); return (await import('./a.js')).d; };",
    "a ??= b; a ||= c; const d = 1_000 ** 2; const e = 10n;",
    "const a = /(?<year>[0-9]{4})(?=-)(?:b)(?!c)/gimsuy;",
    "const { a, ...b } = c; const [d = 1, ...e] = [...f];",
    "const a = { at: 1, with: 2, union: 3 }; const b = a.at + a.with;",
    "const a = b.replaceAll('c', 'd').flatMap(e).matchAll(/f/g);",
    "const a = Object.values(b).map(c); const d = Array.from(e.values()).map(f); const g = [...h.keys()].map(i);",
    "const a = Promise.any([b]).then((c) => new WeakRef(c));",
    "const a = async () => (await caches.keys()).map(b);",
    "window.addEventListener('online', a, { once: true, passive: true });",
    "navigator.serviceWorker.register('sw.js', { updateViaCache: 'none' });",
    "const a = new Worker('b.js', { type: 'module' });",
    "const a = () => navigator.storage?.estimate?.();",
    "const a = b.at?.(-1) ?? b[b.length - 1];",
    "const a = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('b');",
    "const a = async () => { if ('wakeLock' in navigator) await navigator.wakeLock.request('screen'); };",
    "const a = () => { if (!navigator.share) return null; return navigator.share(b); };",
    "const a = () => b && navigator.locks ? navigator.locks.request('c', d) : d();",
    "const a = async () => { try { return await navigator.storage.estimate(); } catch (_) { return null; } };",
    "const a = async () => { try { return await navigator.storage.estimate(); } catch { return null; } };",
    "form.addEventListener('submit', (event) => send(event.submitter?.value));",
    "const a = html`<div hidden class='inert'>${b}</div>`;",
]
REFUSED_STYLES = [
    "a:has(b) { top: 0 }",
    "a:is(b, c) { top: 0 }",
    ":where(a) { top: 0 }",
    "a:not(b, c) { top: 0 }",
    "a:not(.b.c) { top: 0 }",
    "a:nth-child(2 of .b) { top: 0 }",
    "a:focus-visible, a:hover { top: 0 }",
    "a:user-invalid { top: 0 }",
    "a::backdrop { top: 0 }",
    "a { b { top: 0 } }",
    "a { &:hover { top: 0 } }",
    "a { @media print { top: 0 } }",
    "@layer b { a { top: 0 } }",
    "@container (min-width: 1px) { a { top: 0 } }",
    "@property --a { syntax: '*'; inherits: false }",
    "@scope (a) { b { top: 0 } }",
    "@media (width >= 40em) { a { top: 0 } }",
    "@media (hover) or (pointer: fine) { a { top: 0 } }",
    "a { inset: 0 }",
    "a { inset-inline-start: 0 }",
    "a { margin-inline: auto }",
    "a { padding-block: 1rem }",
    "a { aspect-ratio: 1 / 1 }",
    "a { rotate: 45deg }",
    "a { height: 100dvh }",
    "a { min-height: calc(100svh - 1rem) }",
    "a { height: 100vh; height: calc(100dvh - var(--b)) }",
    "a { --b: 100dvh; --b: 100dvh }",
    "a { width: 10cqw }",
    "a { color: color-mix(in srgb, red, blue) }",
    "a { color: oklch(50% 0.1 20) }",
    "a { color: light-dark(red, blue) }",
    "a { overflow: clip }",
    "a { overflow-wrap: anywhere }",
    "a { grid-template-columns: subgrid }",
    "a { user-select: none }",
    "a { mask: url(b.svg) }",
    "a { top: ",
]
PASSING_STYLES = [
    "@import url('a.css'); @charset 'utf-8'; @font-face { font-family: b; src: url(c.woff2) format('woff2') }",
    "@media (min-width: 40em) and (prefers-color-scheme: dark) { a { top: 0 } }",
    "@keyframes a { from { top: 0 } 50% { top: 1px } to { top: 2px } }",
    "a > b + c ~ d e[f='g'], #h .i:not(.j):nth-child(2n + 1)::before { content: attr(k) }",
    "a:focus-visible { outline: 2px solid } a:focus:not(:focus-visible) { outline: none }",
    "a::-webkit-scrollbar { display: none }",
    ":root { --a: #1234; color: rgb(0 0 0 / 50%); width: clamp(1px, 5vw, max(2rem, 3ch)) !important }",
    "a { display: flex; gap: 1rem; padding: env(safe-area-inset-bottom, 0); accent-color: red }",
    "a { height: 100vh; height: 100dvh; overflow: hidden; overflow: clip }",
    "a { -webkit-user-select: none; user-select: none; -webkit-appearance: none; appearance: none }",
    "a { transform: translateX(-50%) rotate(45deg); clip-path: inset(1px); inline-size: 1px }",
    "@supports (aspect-ratio: 1) { a { aspect-ratio: 1; inset: 0; height: 100dvh } }",
    "a { grid-template-areas: 'a b'; grid-template-columns: repeat(auto-fit, minmax(1rem, 1fr)) }",
]


@pytest.mark.parametrize("source", REFUSED_SCRIPTS)
def test_a_script_above_the_floor_is_refused(source: str) -> None:
    assert script_faults(source)


@pytest.mark.parametrize("source", PASSING_SCRIPTS)
def test_a_script_on_the_floor_passes(source: str) -> None:
    assert script_faults(source) == []


@pytest.mark.parametrize("source", REFUSED_STYLES)
def test_a_style_above_the_floor_is_refused(source: str) -> None:
    assert style_faults(source)


@pytest.mark.parametrize("source", PASSING_STYLES)
def test_a_style_on_the_floor_passes(source: str) -> None:
    assert style_faults(source) == []


def test_a_page_above_the_floor_is_refused() -> None:
    assert page_faults('<!doctype html>\n<script type="importmap">{}</script>') == [(2, "newer markup")]


def test_a_fault_names_its_line() -> None:
    assert script_faults("const a = 1;\n\nconst b = c.at(-1);\n") == [(3, ".at()")]
    assert style_faults("a { top: 0 }\nb { inset: 0 }\n") == [(2, "inset")]
