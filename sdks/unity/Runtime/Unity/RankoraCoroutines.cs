using System.Collections;
using System.Threading.Tasks;

namespace Rankora.Unity
{
    /// <summary>For games that wait in coroutines.</summary>
    public static class RankoraCoroutines
    {
        /// <summary>
        /// Waits until it is done, one way or the other:
        /// <code>var asking = client.ListAsync(); yield return asking.AsCoroutine(); if (!asking.IsFaulted) Use(asking.Result);</code>
        /// </summary>
        public static IEnumerator AsCoroutine(this Task task)
        {
            while (!task.IsCompleted) yield return null;
        }

        /// <summary>Why it failed; null where it didn't.</summary>
        public static RankoraException Error(this Task task)
        {
            return task.IsFaulted ? task.Exception.GetBaseException() as RankoraException : null;
        }
    }
}
