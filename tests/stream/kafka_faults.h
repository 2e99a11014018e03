// What the Kafka tests do to the broker of tools/beds/run_with.py: cut it off, and let it hang.
#pragma once

#include <signal.h>

#include <string>

namespace latecomer {

// No connection reaches the broker, and those there are end, until this goes.
class BrokerCutOff {
 public:
  BrokerCutOff();
  ~BrokerCutOff();
  BrokerCutOff(const BrokerCutOff&) = delete;
  BrokerCutOff& operator=(const BrokerCutOff&) = delete;
};

// The broker stands still (SIGSTOP) until this goes.
class BrokerHangs {
 public:
  BrokerHangs();
  ~BrokerHangs();
  BrokerHangs(const BrokerHangs&) = delete;
  BrokerHangs& operator=(const BrokerHangs&) = delete;

 private:
  pid_t pid_;
};

}  // namespace latecomer
