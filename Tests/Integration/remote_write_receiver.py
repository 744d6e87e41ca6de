"""A receiver of remote write, 1.0 and 2.0, and of OTLP: remote_write_receiver.py DIRECTORY. Prints its port. What a request's path says becomes of it:

    /take/NAME     it is taken as the specifications say (prometheus.io/docs/specs/prw)
    /only1/NAME    2.0 is answered 415, 1.0 is taken
    /mute/NAME     2.0 is answered 200 without a word about what was written, 1.0 is taken
    /busy/NAME     of each three requests two are answered 429 with a Retry-After of one second
    /picky/NAME    a request with node_load1 in it is answered 400, others are taken
    /slow/NAME     it is taken after half a second
    /otlp/NAME     OTLP is taken as its specification says (opentelemetry.io/docs/specs/otlp), read with its published messages
    /partly/NAME   the same, but the answer says that a point of each request is rejected
    /nothing, /html, /redirect, /endless, /hang, /close, /rubbish, /refuse    it isn't taken

What is taken stands in DIRECTORY/NAME, a line of JSON for each request; what is wrong with a request in DIRECTORY/faults. Each moment of a request to NAME is in DIRECTORY/NAME.times."""
import gzip, http.server, json, math, os, struct, sys, threading, time

import snappy
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, unknown_fields

directory = sys.argv[1]
STALE = 0x7FF0000000000002
Field = descriptor_pb2.FieldDescriptorProto
# The published messages, without histograms and exemplars: number, name, type, whether repeated.
MESSAGES = {
    "one": {
        "Label": [(1, "name", "string", False), (2, "value", "string", False)],
        "Sample": [(1, "value", "double", False), (2, "timestamp", "int64", False)],
        "TimeSeries": [(1, "labels", "Label", True), (2, "samples", "Sample", True)],
        "MetricMetadata": [(1, "type", "int32", False), (2, "metric_family_name", "string", False), (4, "help", "string", False), (5, "unit", "string", False)],
        "WriteRequest": [(1, "timeseries", "TimeSeries", True), (3, "metadata", "MetricMetadata", True)],
    },
    "two": {
        "Sample": [(1, "value", "double", False), (2, "timestamp", "int64", False), (3, "start_timestamp", "int64", False)],
        "Metadata": [(1, "type", "int32", False), (3, "help_ref", "uint32", False), (4, "unit_ref", "uint32", False)],
        "TimeSeries": [(1, "labels_refs", "uint32", True), (2, "samples", "Sample", True), (5, "metadata", "Metadata", False)],
        "Request": [(4, "symbols", "string", True), (5, "timeseries", "TimeSeries", True)],
    },
}
# The enumeration MetricType of 2.0.
TYPES = {0: "unspecified", 1: "counter", 2: "gauge"}


def messages():
    pool = descriptor_pool.DescriptorPool()
    for package, kinds in MESSAGES.items():
        file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
        for name, fields in kinds.items():
            message = file.message_type.add(name=name)
            for number, field, kind, is_repeated in fields:
                scalar = getattr(Field, f"TYPE_{kind.upper()}", None)
                one = message.field.add(name=field, number=number, type=scalar or Field.TYPE_MESSAGE)
                one.label = Field.LABEL_REPEATED if is_repeated else Field.LABEL_OPTIONAL
                if scalar is None:
                    one.type_name = f".{package}.{kind}"
        pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in ("one.WriteRequest", "two.Request")]


WriteRequest, Request = messages()
lock = threading.Lock()
# By name of a file, and there by labels: the newest sample.
newest, asked = {}, {}


def note(file, text):
    with open(os.path.join(directory, file), "a") as out:
        out.write(text + "\n")


def number(value):
    """As JSON; what ends a series is `null`."""
    return None if math.isnan(value) and struct.unpack("<Q", struct.pack("<d", value))[0] == STALE else value


def is_whole(message, fault):
    """Nothing in a message is a field that the published one hasn't, at any depth."""
    if len(unknown_fields.UnknownFieldSet(message)):
        fault(f"a {message.DESCRIPTOR.full_name} has a field that isn't published")
    for field, value in message.ListFields():
        if field.message_type:
            for one in value if field.is_repeated else [value]:
                is_whole(one, fault)


def series_of(body, is_two, fault):
    """The series of a request: labels, points, type and help."""
    message = (Request if is_two else WriteRequest).FromString(snappy.decompress(body))
    is_whole(message, fault)
    if is_two and (not message.symbols or message.symbols[0] != ""):
        fault("the first symbol isn't the empty one")
    if is_two and len(set(message.symbols)) != len(message.symbols):
        fault("a symbol comes twice")
    if not is_two:
        for one in message.metadata:
            yield {"__name__": one.metric_family_name}.items(), [], {"type": TYPES[one.type], "help": one.help}
    for one in message.timeseries:
        if is_two:
            words = [message.symbols[reference] for reference in one.labels_refs]
            labels = list(zip(words[::2], words[1::2]))
            if len(words) % 2:
                fault("a reference without a partner")
            facts = {"type": TYPES[one.metadata.type], "help": message.symbols[one.metadata.help_ref], "unit": message.symbols[one.metadata.unit_ref]}
            points = [(point.timestamp, point.value, point.start_timestamp) for point in one.samples]
        else:
            labels = [(label.name, label.value) for label in one.labels]
            facts, points = {}, [(point.timestamp, point.value, 0) for point in one.samples]
        yield labels, points, facts


def in_order(name, labels, points, fault):
    last = newest.setdefault(name, {})
    key = tuple(labels)
    for at, value, start in points:
        known = last.get(key)
        if known and at < known[0] or known and at == known[0] and struct.pack("<d", known[1]) != struct.pack("<d", value):
            fault(f"out of order: {labels} at {at} after {known[0]}")
        if start > at:
            fault(f"it counts since {start}, which is behind {at}: {labels}")
        last[key] = (at, value)


def attributes(pairs, fault):
    values = {pair.key: list(one.string_value for one in pair.value.array_value.values) if pair.value.HasField("array_value") else pair.value.string_value
              for pair in pairs}
    if len(values) != len(pairs) or not all(values.values()):
        fault(f"attributes that come twice, or are empty: {pairs}")
    return values


def take_otlp(name, body, fault):
    """Checks a request of OTLP, and keeps what is in it."""
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
    from opentelemetry.proto.metrics.v1 import metrics_pb2

    message = metrics_service_pb2.ExportMetricsServiceRequest.FromString(gzip.decompress(body))
    is_whole(message, fault)
    kept = []
    for one in message.resource_metrics:
        resource = attributes(one.resource.attributes, fault)
        for scope in one.scope_metrics:
            if scope.scope.name != "sonde" or len({metric.name for metric in scope.metrics}) != len(scope.metrics):
                fault(f"scope {scope.scope.name}, or a name that comes twice")
            for metric in scope.metrics:
                is_sum = metric.WhichOneof("data") == "sum"
                if is_sum and not (metric.sum.is_monotonic and metric.sum.aggregation_temporality == metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE):
                    fault(f"{metric.name} is no cumulative, monotonic sum")
                for point in (metric.sum if is_sum else metric.gauge).data_points:
                    labels = {"__name__": metric.name} | attributes(point.attributes, fault)
                    is_end = bool(point.flags & metrics_pb2.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)
                    if is_end == (point.WhichOneof("value") == "as_double"):
                        fault(f"a value that isn't there, or a marker with one: {labels}")
                    value = struct.unpack("<d", struct.pack("<Q", STALE))[0] if is_end else point.as_double
                    points = [(point.time_unix_nano // 1_000_000, value, point.start_time_unix_nano // 1_000_000)]
                    in_order(name, sorted(labels.items()), points, fault)
                    kept.append({"labels": labels, "points": [(at, number(value), start) for at, value, start in points], "resource": {key: str(value) for key, value in resource.items()},
                                 "type": "counter" if is_sum else "gauge", "help": metric.description, "unit": metric.unit})
    note(name, json.dumps({"version": 3, "series": kept}))


def take(name, body, is_two, fault):
    """Checks a request, and keeps what is in it."""
    kept = []
    for labels, points, facts in series_of(body, is_two, fault):
        if not points and "help" in facts and not is_two:
            kept.append({"labels": dict(labels), "points": [], **facts})
            continue
        names = [label for label, _ in labels]
        if names != sorted(set(names)) or "__name__" not in names or not all(value for _, value in labels):
            fault(f"labels that aren't in order, or are empty: {labels}")
        if not points:
            fault(f"a series without samples: {labels}")
        in_order(name, labels, points, fault)
        kept.append({"labels": dict(labels), "points": [(at, number(value), start) for at, value, start in points], **facts})
    note(name, json.dumps({"version": 2 if is_two else 1, "series": kept}))
    return sum(len(one["points"]) for one in kept)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _, what, *name = self.path.split("/")
        name = name[0] if name else what
        with lock:
            asked[name] = asked.get(name, 0) + 1
            turn = asked[name]
            note(f"{name}.times", f"{time.monotonic()}")
        getattr(self, what)(name, body, turn)

    def is_two(self):
        return self.headers["Content-Type"] == "application/x-protobuf;proto=io.prometheus.write.v2.Request"

    def take(self, name, body, turn):
        fault = lambda text: note("faults", f"{name}: {text}")
        version = self.headers["X-Prometheus-Remote-Write-Version"]
        if self.headers["Content-Encoding"] != "snappy" or "sonde/" not in (self.headers["User-Agent"] or ""):
            fault(f"headers: {dict(self.headers)}")
        if (version == "2.0.0") != self.is_two() or not self.is_two() and (version, self.headers["Content-Type"]) != ("0.1.0", "application/x-protobuf"):
            fault(f"version {version} with {self.headers['Content-Type']}")
        with lock:
            try:
                written = take(name, body, self.is_two(), fault)
            except Exception as error:
                fault(f"can't be read: {error!r}")
                return self.answer(400, b"can't be read")
        counts = {f"X_Prometheus_Remote_Write_{what}_Written": count for what, count in (("Samples", written), ("Histograms", 0), ("Exemplars", 0))}
        self.answer(204, **(counts if self.is_two() else {}))

    def otlp(self, name, body, turn, answer=b""):
        fault = lambda text: note("faults", f"{name}: {text}")
        if (self.headers["Content-Encoding"], self.headers["Content-Type"], self.headers["X-Prometheus-Remote-Write-Version"]) != ("gzip", "application/x-protobuf", None):
            fault(f"headers: {dict(self.headers)}")
        with lock:
            try:
                take_otlp(name, body, fault)
            except Exception as error:
                fault(f"can't be read: {error!r}")
                return self.answer(400, b"can't be read")
        self.answer(200, answer, Content_Type="application/x-protobuf")

    def partly(self, name, body, turn):
        from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2

        answer = metrics_service_pb2.ExportMetricsServiceResponse()
        answer.partial_success.rejected_data_points = 1
        answer.partial_success.error_message = "node_load1 isn't wanted here"
        self.otlp(name, body, turn, answer.SerializeToString())

    def only1(self, name, body, turn):
        self.answer(415, b"only 1.0 is known here") if self.is_two() else self.take(name, body, turn)

    def mute(self, name, body, turn):
        self.answer(200) if self.is_two() else self.take(name, body, turn)

    def busy(self, name, body, turn):
        self.take(name, body, turn) if turn % 3 == 0 else self.answer(429, b"too many", Retry_After="1")

    def picky(self, name, body, turn):
        names = {dict(labels)["__name__"] for labels, *_ in series_of(body, self.is_two(), lambda _: None)}
        self.answer(400, b"node_load1 isn't wanted here") if "node_load1" in names else self.take(name, body, turn)

    def mended(self, name, body, turn):
        self.answer(404 if turn < 2 else 400, b"unsupported path") if turn < 6 else self.take(name, body, turn)

    def slow(self, name, body, turn):
        time.sleep(0.5)
        self.take(name, body, turn)

    def nothing(self, *_):
        self.answer(200)

    def html(self, *_):
        self.answer(200, b"<!DOCTYPE html><title>Welcome</title>", Content_Type="text/html")

    def redirect(self, *_):
        self.answer(302, Location="/take/elsewhere")

    def refuse(self, *_):
        self.answer(403, b"not you")

    def endless(self, *_):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    def hang(self, *_):
        time.sleep(3600)

    def close(self, *_):
        self.close_connection = True

    def rubbish(self, *_):
        self.wfile.write(b"I am no server of HTTP\r\n\r\n")
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        # Whoever closes a connection in the middle of an endless answer is right.
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
