// What Prometheus' clients tell of their process, from /proc.
#pragma once

#include "app/metric_families.h"

namespace latecomer {

// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
// process_start_time_seconds, process_open_fds, process_max_fds, process_threads. What cannot be
// read is left out.
void CollectProcess(MetricFamilies& out);

}  // namespace latecomer
