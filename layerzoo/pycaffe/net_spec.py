"""``caffe.net_spec``: nets written as Python.

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
    """The field of LayerParameter that each kind of parameters stands in, by the kind: Convolution, ..."""
    layer = _message("LayerParameter")
    suffix = "Parameter"
    return {
        field.message_type.name[: -len(suffix)]: field.name.removesuffix("_param")
        for field in layer.DESCRIPTOR.fields
        if field.name.endswith("_param") and field.message_type is not None
    }


def to_proto(*tops: Top) -> Any:
    """The net that makes these tops, a NetParameter; layers get names of their own."""
    made: OrderedDict[Function, Any] = OrderedDict()
    autonames = Counter[str]()
    for top in tops:
        top.fn._to_proto(made, {}, autonames)
    return _net(made)


def assign_proto(proto: Any, name: str, val: Any) -> None:
    """Set a field of a message to a Python value: a dict is a message, a list a repeated field.

    A single value for a repeated field counts as a list of one, and a whole number for a field of integers as
    an int although it is a float: Python 3's ``/`` makes these where Python 2's made ints.

    Raises:
        AttributeError: the message has no such field.
    """
    field = proto.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise AttributeError(f"{proto.DESCRIPTOR.name} has no field '{name}'")
    if hasattr(val, "tolist"):  # of numpy
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
    """One output of a layer, which other layers may take.

    Attributes:
        fn: the layer.
        n: which of its outputs.
    """

    def __init__(self, fn: Function, n: int) -> None:
        self.fn = fn
        self.n = n

    def to_proto(self) -> Any:
        """The net that makes this top."""
        return to_proto(self)

    def _update(self, params: Mapping[str, Any]) -> None:
        self.fn._update(params)

    def _to_proto(
        self, layers: OrderedDict[Function, Any], names: dict[Any, str], autonames: Counter[str]
    ) -> None:
        self.fn._to_proto(layers, names, autonames)


class Function:
    """A layer that is yet to be written: its type, inputs and parameters.

    Args:
        type_name: the layer's type.
        inputs: tops of other layers.
        params: fields of the layer or of its own parameters; ``ntop`` is the number of its tops, ``in_place``
            makes it write to its bottom, ``name`` names it.

    Raises:
        TypeError: an input is no `Top`.
    """

    def __init__(self, type_name: str, inputs: Sequence[Any], params: Mapping[str, Any]) -> None:
        self.type_name = type_name
        for index, given in enumerate(inputs):
            if not isinstance(given, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(given)})")
        self.inputs = inputs
        self.params = dict(params)
        self.ntop = self.params.pop("ntop", 1)
        self.in_place = self.params.pop("in_place", False)
        # a layer without tops is a top itself, for NetSpec to hold
        self.tops = tuple(Top(self, n) for n in range(self.ntop))

    def to_proto(self) -> Any:
        """The net that ends in this layer."""
        made: OrderedDict[Function, Any] = OrderedDict()
        self._to_proto(made, {}, Counter[str]())
        return _net(made)

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
        """A name for what nobody named: Convolution1, Convolution2, ..."""
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
        for given in self.inputs:
            given._to_proto(layers, names, autonames)
            bottoms.append(layers[given.fn].top[given.n])
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
                said = f"layer '{layer.name}' of type {self.type_name}: {key}={value!r}: {error}"
                raise type(error)(said + self._hint(key)) from None
        layers[self] = layer

    def _holder(self, layer: Any, key: str) -> Any:
        """What a parameter is a field of: the layer's own parameters, else the layer."""
        if not key.endswith("param"):  # those are messages of the layer
            for name in _own_messages(self.type_name):
                message = getattr(layer, name, None)
                if message is not None and key in message.DESCRIPTOR.fields_by_name:
                    return message
        return layer

    def _hint(self, key: str) -> str:
        """What a type or parameter that there isn't may have been meant to be."""
        if self.type_name not in LAYERS:
            hint = did_you_mean(nearest(self.type_name, LAYERS))
            return f"; {hint}" if hint else ""
        layer = _message("LayerParameter")
        own = [getattr(layer, name, None) for name in _own_messages(self.type_name)]
        known = [field for message in (*own, layer) if message for field in message.DESCRIPTOR.fields_by_name]
        hint = None if key in known else did_you_mean(nearest(key, known))
        return f"; {hint}" if hint else ""


class _NoTopError(AttributeError, KeyError):
    """What `NetSpec` lacks: a KeyError, as in Caffe, for which ``hasattr`` works all the same."""

    __str__ = Exception.__str__


class NetSpec:
    """A net under construction: what is set as an attribute is a named top.

    ::

        n.conv1 = layers.Convolution(n.data, num_output=20, kernel_size=5)
    """

    tops: OrderedDict[str, Any]

    def __init__(self) -> None:
        super().__setattr__("tops", OrderedDict())

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        tops = self.__dict__.get("tops", {})  # none yet while a copy is being made
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
        """The names of its tops, in order; `keys` and `vals` are of the Caffe of SSD."""
        return list(self.tops)

    def vals(self) -> list[Any]:
        """Its tops, in order."""
        return list(self.tops.values())

    def update(self, name: str, params: Mapping[str, Any]) -> None:
        """Change parameters of the layer that makes a top."""
        self.tops[name]._update(params)

    def to_proto(self) -> Any:
        """The net, a NetParameter."""
        names = {value: name for name, value in self.tops.items()}
        made: OrderedDict[Function, Any] = OrderedDict()
        autonames = Counter[str]()
        for top in self.tops.values():
            top._to_proto(made, names, autonames)
        return _net(made)


class Layers:
    """``layers.Pooling(bottom, …)`` makes a layer of type Pooling, for any type."""

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
    """``params.Pooling.MAX`` is the value of an enum of a layer's parameters."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        message = getattr(caffe_pb2, f"{name}Parameter")

        class Values:
            def __getattr__(self, value: str) -> int:
                number: int = getattr(message, value)
                return number

        return Values()


def _net(made: Mapping[Function, Any]) -> Any:
    net = _message("NetParameter")
    net.layer.extend(made.values())
    return net


def _message(name: str) -> Any:
    return getattr(caffe_pb2, name)()


def _own_messages(type_name: str) -> Sequence[str]:
    """The fields of LayerParameter that a layer type reads."""
    if type_name in _param_names:
        return (f"{_param_names[type_name]}_param",)
    return LAYERS[type_name].messages if type_name in LAYERS else ()


def _fitting(field: Any, value: Any) -> Any:
    """A value as its field takes it."""
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole and field.cpp_type in _INTEGERS else value


def _is_repeated(field: Any) -> bool:
    found = getattr(field, "is_repeated", None)
    return bool(field.label == 3 if found is None else found)


_param_names = param_name_dict()  # of Caffe's name: scripts add types to it
layers = Layers()
params = Parameters()
