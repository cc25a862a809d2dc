"""Read a declaration: the fields of an event out of its class's annotations.

Strategy: events and composites are frozen, keyword-only msgspec structs; a metaclass sets that,
because msgspec subclasses do not inherit ``kw_only``. A field is mandatory when it has no default,
so the type checker and the registry read the same fact from the same place.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self, dataclass_transform

import msgspec
from msgspec.structs import force_setattr

from .errors import RegistryError
from .wire import Attribute


class RecordMeta(msgspec.StructMeta):
    """Make every subclass frozen and keyword-only, its repr without the defaults."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        config = {"frozen": True, "kw_only": True, "repr_omit_defaults": True, **config}
        return super().__new__(mcls, name, bases, namespace, **config)

    @property
    def __signature__(cls) -> Any:
        """The constructor's signature with plain Python types, as `help` prints it: the table has the rest."""
        whole = msgspec.StructMeta.__dict__["__signature__"].__get__(cls)
        hints = typing.get_type_hints(cls)
        plain = [p.replace(annotation=hints.get(p.name, p.annotation)) for p in whole.parameters.values()]
        return whole.replace(parameters=sorted(plain, key=lambda p: p.name == "extra"))


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record(msgspec.Struct, frozen=True, metaclass=RecordMeta):
    """Base of the declared classes."""


class Composite(Record):
    """One field over several attributes: each of its own fields is one.

    It is present when its mandatory attributes are, or, where it has none, when any attribute is. `label` is
    the specification's name of the whole.
    """

    label: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if all(getattr(self, name) is None for name in self.__struct_fields__):
            raise ValueError(f"a {type(self).__name__} without any attribute is absent: use None")

    def to_text(self) -> str | None:
        """Return the whole as one text, or None where only its parts can be shown."""
        return None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the composite of a text from `to_text`. Raise ValueError."""
        raise ValueError(f"a {cls.__name__} is written by its parts")


class Field(msgspec.Struct, frozen=True):
    """One field of an event: Python name, specification's name, presence, and its attributes.

    `attributes` pairs each attribute with its field name inside the composite; a plain field has
    one attribute, with no name. `needed` are the ids that make the field present, `ids` those of its attributes.
    """

    name: str
    label: str
    mandatory: bool
    attributes: tuple[tuple[str, Attribute], ...]
    composite: type[Composite] | None = None
    needed: frozenset[int] = frozenset()
    ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "ids", tuple(attribute.id for _, attribute in self.attributes))

    @property
    def type_name(self) -> str:
        """The name of the field's Python type; ``any`` where it is not known."""
        value = self.attributes[0][1].value
        kind = self.composite or (None if value is None else value.python)
        return "any" if kind is None else kind.__name__

    def present_in(self, values: typing.Mapping[int, Any]) -> bool:
        """Return whether attributes by id hold this field."""
        if self.composite is None:
            return self.ids[0] in values
        return all(i in values for i in self.needed) if self.needed else any(i in values for i in self.ids)

    def take(self, values: typing.Mapping[int, Any]) -> Any:
        """Return a composite field's value out of attributes by id in which it is present."""
        assert self.composite is not None
        return self.composite(**{name: values[a.id] for name, a in self.attributes if a.id in values})

    def put(self, value: Any, values: dict[int, Any]) -> None:
        """Lay the field's value out into attributes by id. Raise TypeError for a wrong class."""
        if self.composite is None:
            values[self.ids[0]] = value
            return
        if not isinstance(value, self.composite):
            raise TypeError(self.composite.__name__)
        for name, attribute in self.attributes:
            part = getattr(value, name)
            if part is not None:
                values[attribute.id] = part


def fields_of(cls: type[Record], base: type[Record]) -> tuple[Field, ...]:
    """Return the declared fields of `cls` beyond those of `base`, in order.

    Raise RegistryError where an annotation names no attribute.
    """
    parent = cls.__bases__[0]
    if parent is not base and not vars(cls).get("__annotations__"):
        return fields_of(parent, base)  # it inherits every field
    known: tuple[Field, ...] | None = vars(cls).get("__declared__")
    if known is None:  # reading annotations is most of the time that an import takes, and many events share their rows
        known = tuple(_fields_of(cls, base))
        cls.__declared__ = known  # type: ignore[attr-defined]
    return known


def _fields_of(cls: type[Record], base: type[Record]) -> Iterator[Field]:
    try:
        hints = hints_of(cls)
    except NameError as error:
        raise RegistryError(f"{cls.__name__}: its annotations name {error.name!r}, which its module does not define") from None
    own = inspect.get_annotations(cls)
    defaults = (msgspec.NODEFAULT,) * (len(cls.__struct_fields__) - len(cls.__struct_defaults__)) + cls.__struct_defaults__
    for name, default in zip(cls.__struct_fields__, defaults, strict=True):
        where = f"{cls.__name__}.{name}"
        if name in base.__struct_fields__ and name not in own:
            continue
        if name == "message" or hasattr(base, name):
            raise RegistryError(f"{where}: {name} has a meaning in every {base.__name__}: give the field another name")
        required = default is msgspec.NODEFAULT
        if not required and default is not None:
            raise RegistryError(f"{where}: an optional field's default is None, which says that it is absent")
        declared = _without_none(hints[name])
        attribute = _attribute(declared)
        if attribute is not None:
            if not attribute.name:
                raise RegistryError(f"{where}: attribute {attribute.id} has no name: give Attribute(..., name=...)")
            yield Field(name, attribute.name, required, (("", attribute),))
        elif isinstance(declared, type) and issubclass(declared, Composite):
            parts = fields_of(declared, Composite)
            if not parts or any(part.composite is not None for part in parts):
                raise RegistryError(f"{where}: a composite's own fields are attributes, at least one")
            yield Field(
                name,
                declared.label or declared.__name__,
                required,
                tuple((part.name, part.attributes[0][1]) for part in parts),
                declared,
                frozenset(part.ids[0] for part in parts if part.mandatory),
            )
        else:
            raise RegistryError(f"{where} names no attribute: annotate it with Annotated[type, Attribute(...)]")


_evaluable = functools.lru_cache(maxsize=4096)(functools.partial(compile, filename="<annotation>", mode="eval"))
"""Compile the text of an annotation. Events share their rows, and compiling would be most of the time of an import."""


def hints_of(cls: type[Record]) -> dict[str, Any]:
    """Return the annotations of a class and its bases, evaluated, with their extras. Raise NameError."""
    hints: dict[str, Any] = {}
    for one in reversed(cls.__mro__):
        names: dict[str, Any] = getattr(sys.modules.get(one.__module__), "__dict__", {})
        for name, text in inspect.get_annotations(one).items():
            if not isinstance(text, str) or "'" in text or '"' in text:
                return typing.get_type_hints(cls, include_extras=True)  # evaluated already, or to be evaluated in parts
            hints[name] = eval(_evaluable(text), names, vars(one))  # noqa: S307 as get_type_hints does
    return hints


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [arm for arm in typing.get_args(hint) if arm is not types.NoneType]
        return rest[0] if len(rest) == 1 else hint
    return hint


def _attribute(hint: Any) -> Attribute | None:
    if typing.get_origin(hint) is not Annotated:
        return None
    return next((extra for extra in typing.get_args(hint)[1:] if isinstance(extra, Attribute)), None)


def attributes_in(namespace: dict[str, Any]) -> tuple[Attribute, ...]:
    """Return every attribute declared as an ``Annotated`` alias in a module's namespace."""
    return tuple(found for alias in namespace.values() if (found := _attribute(alias)) is not None)
