"""``caffe.net_spec``: define nets in Python.

::

    n = NetSpec()
    n.data, n.label = layers.Data(batch_size=64, backend=params.Data.LMDB, source="mnist", ntop=2)
    n.ip = layers.InnerProduct(n.data, num_output=10, weight_filler=dict(type="xavier"))
    n.loss = layers.SoftmaxWithLoss(n.ip, n.label)
    print(n.to_proto())
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from layerzoo.errors import did_you_mean, nearest
from layerzoo.layer import LAYERS
from layerzoo.pycaffe.proto import caffe_pb2

_INTEGERS = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
)


def param_name_dict() -> dict[str, str]:
    """Return the prefix of LayerParameter's ``*_param`` field for each message ``*Parameter``."""
    layer = _message("LayerParameter")
    suffix = "Parameter"
    return {
        field.message_type.name[: -len(suffix)]: field.name.removesuffix("_param")
        for field in layer.DESCRIPTOR.fields
        if field.name.endswith("_param") and field.message_type is not None
    }


def to_proto(*tops: Top) -> Any:
    """Make the NetParameter of a net that computes these tops; layers are named automatically."""
    messages: OrderedDict[Function, Any] = OrderedDict()
    autonames = Counter[str]()
    for top in tops:
        top.fn._to_proto(messages, {}, autonames)
    return _net(messages)


def assign_proto(proto: Any, name: str, val: Any) -> None:
    """Set a field of a message to a Python value: a dict for a message, a list for a repeated field.

    A single value for a repeated field is treated as a list of one. An integer field accepts a float without
    a fraction: ``/`` of integers is a float in Python 3 and was an int in Python 2.

    Raises:
        AttributeError: the message has no such field.
    """
    field = proto.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise AttributeError(f"{proto.DESCRIPTOR.name} has no field '{name}'")
    if hasattr(val, "tolist"):  # an array or a scalar of numpy
        val = val.tolist()
    if _is_repeated(field) and not isinstance(val, list | tuple):
        val = [val]
    if isinstance(val, list | tuple):
        if val and isinstance(val[0], Mapping):
            for item in val:
                added = getattr(proto, name).add()
                for key, value in item.items():
                    assign_proto(added, key, value)
        else:
            getattr(proto, name).extend(_fitting(field, item) for item in val)
    elif isinstance(val, Mapping):
        for key, value in val.items():
            assign_proto(getattr(proto, name), key, value)
    else:
        setattr(proto, name, _fitting(field, val))


class Top:
    """One output of a layer, usable as an input of other layers.

    Attributes:
        fn: the layer.
        n: the output's index.
    """

    def __init__(self, fn: Function, n: int) -> None:
        self.fn = fn
        self.n = n

    def to_proto(self) -> Any:
        """Make the NetParameter of a net that computes this top."""
        return to_proto(self)

    def _update(self, params: Mapping[str, Any]) -> None:
        self.fn._update(params)

    def _to_proto(
        self, layers: OrderedDict[Function, Any], names: dict[Any, str], autonames: Counter[str]
    ) -> None:
        self.fn._to_proto(layers, names, autonames)


class Function:
    """A layer under construction: its type, inputs and parameters.

    Args:
        type_name: the layer's type.
        inputs: tops of other layers.
        params: fields of LayerParameter or of the type's own message; ``ntop`` is the number of tops,
            ``in_place`` makes the top share the bottom's name, ``name`` is the layer's name.

    Raises:
        TypeError: an input is not a `Top`.
    """

    def __init__(self, type_name: str, inputs: Sequence[Any], params: Mapping[str, Any]) -> None:
        self.type_name = type_name
        for index, bottom in enumerate(inputs):
            if not isinstance(bottom, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(bottom)})")
        self.inputs = inputs
        self.params = dict(params)
        self.ntop = self.params.pop("ntop", 1)
        self.in_place = self.params.pop("in_place", False)
        # NetSpec stores a layer without tops in place of a top
        self.tops = tuple(Top(self, n) for n in range(self.ntop))

    def to_proto(self) -> Any:
        """Make the NetParameter of a net that ends in this layer."""
        messages: OrderedDict[Function, Any] = OrderedDict()
        self._to_proto(messages, {}, Counter[str]())
        return _net(messages)

    def _get_name(self, names: dict[Any, str], autonames: Counter[str]) -> str:
        if self not in names:
            own = self._get_top_name(self.tops[0], names, autonames) if self.tops else None
            names[self] = own or self._autoname(autonames)
        return names[self]

    def _get_top_name(self, top: Top, names: dict[Any, str], autonames: Counter[str]) -> str:
        if top not in names:
            names[top] = self._autoname(autonames)
        return names[top]

    def _autoname(self, autonames: Counter[str]) -> str:
        """Make a name from the type and a counter: Convolution1, Convolution2, ..."""
        autonames[self.type_name] += 1
        return f"{self.type_name}{autonames[self.type_name]}"

    def _update(self, params: Mapping[str, Any]) -> None:
        self.params.update(params)

    def _to_proto(
        self, layers: OrderedDict[Function, Any], names: dict[Any, str], autonames: Counter[str]
    ) -> None:
        if self in layers:
            return
        bottoms = []
        for bottom in self.inputs:
            bottom._to_proto(layers, names, autonames)
            bottoms.append(layers[bottom.fn].top[bottom.n])
        layer = _message("LayerParameter")
        layer.type = self.type_name
        layer.bottom.extend(bottoms)
        if self.in_place:
            layer.top.extend(layer.bottom)
        else:
            layer.top.extend(self._get_top_name(top, names, autonames) for top in self.tops)
        layer.name = self._get_name(names, autonames)
        for key, value in self.params.items():
            try:
                assign_proto(self._holder(layer, key), key, value)
            except (AttributeError, TypeError, ValueError) as error:
                message = f"layer '{layer.name}' of type {self.type_name}: {key}={value!r}: {error}"
                raise type(error)(message + self._hint(key)) from None
        layers[self] = layer

    def _holder(self, layer: Any, key: str) -> Any:
        """Return the message that a parameter is a field of: the type's own message, else the layer."""
        if not key.endswith("param"):  # fields *_param belong to the layer
            for name in _own_messages(self.type_name):
                message = getattr(layer, name, None)
                if message is not None and key in message.DESCRIPTOR.fields_by_name:
                    return message
        return layer

    def _hint(self, key: str) -> str:
        """Return "did you mean" for an unknown layer type or parameter."""
        if self.type_name not in LAYERS:
            hint = did_you_mean(nearest(self.type_name, LAYERS))
            return f"; {hint}" if hint else ""
        layer = _message("LayerParameter")
        own = [getattr(layer, name, None) for name in _own_messages(self.type_name)]
        known = [field for message in (*own, layer) if message for field in message.DESCRIPTOR.fields_by_name]
        hint = None if key in known else did_you_mean(nearest(key, known))
        return f"; {hint}" if hint else ""


class _NoTopError(AttributeError, KeyError):
    """A missing top of `NetSpec`: a KeyError, as in Caffe, and an AttributeError, so ``hasattr`` works."""

    __str__ = Exception.__str__


class NetSpec:
    """A net under construction: each attribute is a top of that name.

    ::

        n.conv1 = layers.Convolution(n.data, num_output=20, kernel_size=5)
    """

    tops: OrderedDict[str, Any]

    def __init__(self) -> None:
        super().__setattr__("tops", OrderedDict())

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        tops = self.__dict__.get("tops", {})  # missing while copy.copy builds the object
        if name not in tops:
            raise _NoTopError(f"this NetSpec has no top '{name}'")
        return tops[name]

    def __setitem__(self, key: str, value: Any) -> None:
        self.__setattr__(key, value)

    def __getitem__(self, item: str) -> Any:
        return self.tops[item]

    def __delattr__(self, name: str) -> None:
        del self.tops[name]

    def __delitem__(self, item: str) -> None:
        del self.tops[item]

    def keys(self) -> list[str]:
        """Return the names of the tops, in order; `keys` and `vals` come from SSD's fork of Caffe."""
        return list(self.tops)

    def vals(self) -> list[Any]:
        """Return the tops, in order."""
        return list(self.tops.values())

    def update(self, name: str, params: Mapping[str, Any]) -> None:
        """Update parameters of the layer that computes a top."""
        self.tops[name]._update(params)

    def to_proto(self) -> Any:
        """Make the net's NetParameter."""
        names = {value: name for name, value in self.tops.items()}
        messages: OrderedDict[Function, Any] = OrderedDict()
        autonames = Counter[str]()
        for top in self.tops.values():
            top._to_proto(messages, names, autonames)
        return _net(messages)


class Layers:
    """Functions that make layers: ``layers.Pooling(bottom, …)`` for type Pooling, likewise for any type."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def layer(*inputs: Any, **params: Any) -> Any:
            function = Function(name, inputs, params)
            if function.ntop == 0:
                return function
            return function.tops[0] if function.ntop == 1 else function.tops

        return layer


class Parameters:
    """Enum values of layer parameters: ``params.Pooling.MAX``."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        message = getattr(caffe_pb2, f"{name}Parameter")

        class Values:
            def __getattr__(self, value: str) -> int:
                number: int = getattr(message, value)
                return number

        return Values()


def _net(messages: Mapping[Function, Any]) -> Any:
    net = _message("NetParameter")
    net.layer.extend(messages.values())
    return net


def _message(name: str) -> Any:
    return getattr(caffe_pb2, name)()


def _own_messages(type_name: str) -> Sequence[str]:
    """Return the fields of LayerParameter that a layer type reads."""
    if type_name in _param_names:
        return (f"{_param_names[type_name]}_param",)
    return LAYERS[type_name].messages if type_name in LAYERS else ()


def _fitting(field: Any, value: Any) -> Any:
    """Convert a value to its field's type."""
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole and field.cpp_type in _INTEGERS else value


def _is_repeated(field: Any) -> bool:
    repeated = getattr(field, "is_repeated", None)
    return bool(field.label == 3 if repeated is None else repeated)


_param_names = param_name_dict()  # scripts add types to it under this name, which is Caffe's
layers = Layers()
params = Parameters()
